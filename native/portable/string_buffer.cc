// C++20 gave basic_stringbuf::str() a qualifier and so another symbol, which libstdc++ has only since GCC 11. In each
// library, calls that the compiler does not inline are linked with this definition: older systems load it, too.

#include <sstream>

#ifdef __GLIBCXX__
template __attribute__((visibility("hidden"))) std::string std::basic_stringbuf<char>::str() const&;
#endif
