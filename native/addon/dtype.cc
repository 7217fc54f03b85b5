#include <string_view>

#include "convert.h"

namespace libbert {
namespace {

struct NamedType {
  const char* name;
  at::ScalarType type;
};

constexpr NamedType namedTypes[] = {
    {"float32", at::kFloat}, {"bfloat16", at::kBFloat16}, {"float16", at::kHalf}, {"float64", at::kDouble},
    {"int64", at::kLong},    {"int32", at::kInt},         {"uint8", at::kByte},   {"bool", at::kBool},
};

constexpr const char* expectedDType = "a dtype (float32, bfloat16, float16, float64, int64, int32, uint8, bool)";

}  // namespace

bool isNumberedGpu(const std::string& name) {
  constexpr size_t digits = std::string_view("cuda:").size();
  return name.starts_with("cuda:") && name.size() > digits && name.size() <= digits + 2 &&
         name.find_first_not_of("0123456789", digits) == std::string::npos;
}

at::ScalarType dtypeFromName(const std::string& name) {
  for (const auto& [known, type] : namedTypes) {
    if (name == known) return type;
  }
  throw std::invalid_argument(std::string("Expected ") + expectedDType);
}

std::string dtypeName(at::ScalarType dtype) {
  for (const auto& [name, type] : namedTypes) {
    if (type == dtype) return name;
  }
  throw std::invalid_argument(std::string("Expected ") + expectedDType + " for a tensor but received " +
                              c10::toString(dtype));
}

}  // namespace libbert
