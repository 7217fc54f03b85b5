#include "convert.h"

namespace libbert {
namespace {

struct NamedType {
  const char* name;
  at::ScalarType type;
};

constexpr NamedType kTypes[] = {
    {"float32", at::kFloat}, {"bfloat16", at::kBFloat16}, {"float16", at::kHalf}, {"float64", at::kDouble},
    {"int64", at::kLong},    {"int32", at::kInt},         {"uint8", at::kByte},   {"bool", at::kBool},
};

}  // namespace

at::ScalarType DTypeFromName(const std::string& name) {
  for (const auto& [known, type] : kTypes) {
    if (name == known) return type;
  }
  throw std::invalid_argument("Expected a dtype (float32, bfloat16, float16, float64, int64, int32, uint8, bool)");
}

std::string DTypeName(at::ScalarType dtype) {
  for (const auto& [name, type] : kTypes) {
    if (type == dtype) return name;
  }
  throw std::invalid_argument(std::string("A tensor of type ") + c10::toString(dtype) + " has no place in libbert");
}

}  // namespace libbert
