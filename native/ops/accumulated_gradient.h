// Gradients that a formula adds up by itself, in place of giving them to autograd to add.

#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/graph_task.h>
#include <torch/csrc/autograd/variable.h>

namespace libbert {

/** Whether `parameter` has a gradient, and what comes is added to it with nobody looking at it on its way. */
inline bool isOnlyAdded(const at::Tensor& parameter) {
  namespace impl = torch::autograd::impl;
  if (!parameter.is_leaf() || !parameter.requires_grad() || at::GradMode::is_enabled()) return false;
  const at::Tensor& grad = parameter.grad();
  if (!grad.defined() || grad.layout() != at::kStrided || grad.scalar_type() != parameter.scalar_type()) return false;
  if (!impl::hooks(parameter).empty() || impl::post_acc_grad_hooks(parameter) != nullptr) return false;
  const auto accumulator = impl::try_get_grad_accumulator(parameter);
  if (accumulator == nullptr || !accumulator->pre_hooks().empty() || !accumulator->post_hooks().empty()) return false;
  // Where somebody asked for certain gradients (torch.autograd.grad), they are handed over and not added.
  const auto* asked = torch::autograd::get_current_graph_task_exec_info();
  return asked == nullptr || asked->empty();
}

/** Whether a gradient that came to a formula is nobody else's, and may be written over. */
inline bool isOnlyHere(const at::Tensor& gradient) {
  return !at::GradMode::is_enabled() && gradient.use_count() == 1 && gradient.has_storage() &&
         gradient.storage().use_count() == 1 && gradient.is_contiguous();
}

/**
 * For the gradients of vectors, a kernel each: where one is only added, that is put off to the end of the backward pass, and then
 * done for all at once.
 *
 * @return what autograd is to be given in its place
 */
at::Tensor addedLater(const at::Tensor& parameter, const at::Tensor& addend);

}  // namespace libbert
