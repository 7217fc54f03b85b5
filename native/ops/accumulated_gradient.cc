#include "accumulated_gradient.h"

#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/ops/_foreach_add.h>
#include <torch/csrc/autograd/engine.h>
#include <torch/csrc/autograd/graph_task.h>

#include <algorithm>
#include <memory>
#include <vector>

namespace libbert {
namespace {

using at::Tensor;

/** What one thread of a backward pass has put off. */
class PutOff {
 public:
  void add(const Tensor& gradient, const Tensor& addend) {
    const auto isSame = [&](const Tensor& other) { return other.data_ptr() == gradient.data_ptr(); };
    if (std::any_of(gradients_.begin(), gradients_.end(), isSame)) flush();  // one kernel is not to write it twice
    gradients_.push_back(gradient);
    addends_.push_back(addend);
  }

  void flush() {
    if (gradients_.empty()) return;
    at::AutoDispatchBelowADInplaceOrView guard;
    at::_foreach_add_(gradients_, addends_);
    gradients_.clear();
    addends_.clear();
  }

 private:
  std::vector<Tensor> gradients_, addends_;
};

/** Of the backward pass that this thread works on, to which it belongs: its end adds what is left. */
std::shared_ptr<PutOff> ofThisPass() {
  thread_local int lastPass = -1;
  thread_local std::weak_ptr<PutOff> last;
  const int pass = torch::autograd::get_current_graph_task_id();
  std::shared_ptr<PutOff> own = pass == lastPass ? last.lock() : nullptr;
  if (own == nullptr) {
    own = std::make_shared<PutOff>();
    torch::autograd::Engine::get_default_engine().queue_callback([own] { own->flush(); });
    last = own;
    lastPass = pass;
  }
  return own;
}

}  // namespace

Tensor addedLater(const Tensor& parameter, const Tensor& addend) {
  if (!parameter.defined() || !addend.defined() || !isOnlyAdded(parameter)) return addend;
  ofThisPass()->add(parameter.grad(), addend);
  return {};
}

}  // namespace libbert
