#include "profile.h"

#include <ATen/core/Tensor.h>
#include <ATen/record_function.h>

#include <chrono>
#include <iomanip>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <sstream>
#include <utility>

namespace libbert {
namespace {

using Clock = std::chrono::steady_clock;

struct Totals {
  int64_t calls = 0;
  double seconds = 0;
  double bytes = 0;
};

struct Profile {
  at::CallbackHandle callback;
  std::set<std::string> whole;
  bool withNumbers;
  std::map<std::pair<std::string, std::string>, Totals> totals;
};

std::mutex profileLock;
std::optional<Profile> profile;

/** A call that has begun on this thread. */
struct Call : at::ObserverContext {
  explicit Call(Call* outer) : outer(outer) {}

  Call* outer;
  bool isWhole = false;  // what is inside it is part of it
  std::string shapes;
  double bytes = 0;
  double insideSeconds = 0;
  Clock::time_point start;
};

thread_local Call* innermost = nullptr;

template <typename Values, typename See>
void forEachTensor(const Values& values, See see) {
  for (const c10::IValue& value : values) {
    if (value.isTensor() && value.toTensor().defined()) see(value.toTensor());
    if (!value.isTensorList()) continue;
    for (const at::Tensor& item : value.toTensorVector()) {
      if (item.defined()) see(item);
    }
  }
}

double bytesOf(const at::Tensor& x) {
  return static_cast<double>(x.numel()) * static_cast<double>(x.element_size());
}

/** "Float 8x128x768, 768": the first one's type stands for all. */
std::string shapesOf(c10::ArrayRef<const c10::IValue> inputs) {
  std::ostringstream text;
  bool first = true;
  forEachTensor(inputs, [&](const at::Tensor& x) {
    if (first) text << c10::toString(x.scalar_type()) << ' ';
    if (!first) text << ", ";
    first = false;
    for (int64_t dim = 0; dim < x.dim(); ++dim) text << (dim == 0 ? "" : "x") << x.size(dim);
    if (x.dim() == 0) text << '1';
  });
  return text.str();
}

/** A number as LibTorch's operators take it where a tensor is expected; it is on the CPU. */
void writeWrapped(std::ostream& text, const at::Tensor& x) {
  if (x.scalar_type() == at::kLong) text << *x.const_data_ptr<int64_t>();
  if (x.scalar_type() == at::kDouble) text << *x.const_data_ptr<double>();
}

/** "(0.1, 12, true)": the arguments that are no tensors, which a GPU's kernels are launched with. */
std::string numbersOf(c10::ArrayRef<const c10::IValue> inputs) {
  std::ostringstream text;
  text << std::setprecision(17) << " (";
  for (const c10::IValue& value : inputs) {
    if (value.isTensor()) {
      const at::Tensor& x = value.toTensor();
      if (!x.defined() || !x.unsafeGetTensorImpl()->is_wrapped_number()) continue;
      writeWrapped(text, x);
    } else if (value.isTensorList() || value.isOptionalTensorList()) {
      continue;
    } else {
      text << value;
    }
    text << ", ";
  }
  text << ')';
  return text.str();
}

bool isWhole(const std::string& name) {
  const std::lock_guard guard(profileLock);
  return profile && profile->whole.contains(name);
}

bool isWithNumbers() {
  const std::lock_guard guard(profileLock);
  return profile && profile->withNumbers;
}

std::unique_ptr<at::ObserverContext> onStart(const at::RecordFunction& function) {
  if (innermost != nullptr && innermost->isWhole) return nullptr;
  auto call = std::make_unique<Call>(innermost);
  call->isWhole = isWhole(function.name());
  call->shapes = shapesOf(function.inputs());
  if (isWithNumbers()) call->shapes += numbersOf(function.inputs());
  forEachTensor(function.inputs(), [&](const at::Tensor& x) { call->bytes += bytesOf(x); });
  innermost = call.get();
  call->start = Clock::now();
  return call;
}

void onEnd(const at::RecordFunction& function, at::ObserverContext* context) {
  if (context == nullptr) return;
  const Clock::time_point end = Clock::now();
  auto& call = *static_cast<Call*>(context);
  const double seconds = std::chrono::duration<double>(end - call.start).count();
  innermost = call.outer;
  if (call.outer != nullptr) call.outer->insideSeconds += seconds;
  forEachTensor(function.outputs(), [&](const at::Tensor& x) { call.bytes += bytesOf(x); });

  const std::lock_guard guard(profileLock);
  if (!profile) return;
  Totals& totals = profile->totals[{function.name(), call.shapes}];
  ++totals.calls;
  totals.seconds += seconds - call.insideSeconds;
  totals.bytes += call.bytes;
}

}  // namespace

void startProfile(const std::vector<std::string>& whole, bool withNumbers) {
  const std::lock_guard guard(profileLock);
  TORCH_CHECK(!profile, "A profile is being made already");
  auto callback = at::RecordFunctionCallback(&onStart, &onEnd).needsInputs(true).needsOutputs(true);
  callback.scopes({at::RecordScope::FUNCTION});
  profile.emplace();
  profile->whole = {whole.begin(), whole.end()};
  profile->withNumbers = withNumbers;
  profile->callback = at::addGlobalCallback(callback);
}

std::vector<ProfiledCalls> endProfile() {
  const std::lock_guard guard(profileLock);
  TORCH_CHECK(profile, "No profile was started");
  at::removeCallback(profile->callback);
  std::vector<ProfiledCalls> calls;
  for (const auto& [key, totals] : profile->totals) {
    calls.emplace_back(key.first, key.second, totals.calls, totals.seconds, totals.bytes);
  }
  profile.reset();
  return calls;
}

}  // namespace libbert
