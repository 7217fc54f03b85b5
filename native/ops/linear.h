// What the operators that are linear layers share: the product forward, and what it gives back to input and weight.

#pragma once

#include <ATen/ATen.h>

#include <optional>

namespace libbert {

/** [..., I] as [T, I]. */
at::Tensor asRows(const at::Tensor& tensor);

/** input weight^T + bias, over the last dimension. */
at::Tensor linearForward(const at::Tensor& input, const at::Tensor& weight, const std::optional<at::Tensor>& bias);

/**
 * The gradient of an input of shape `sizes`. @param grad [T, O]. @param ofResidual what comes to the input by another way, which
 * the product adds; may be undefined
 */
at::Tensor linearInputGradient(const at::Tensor& grad, const at::Tensor& weight, at::IntArrayRef sizes,
                               const at::Tensor& ofResidual);

/**
 * The gradient of the weight, undefined where the product has added it to the one that there is: that saves writing and
 * reading it once more. @param grad [T, O]. @param weight may be undefined where it is no leaf
 */
at::Tensor linearWeightGradient(const at::Tensor& grad, const at::Tensor& input, const at::Tensor& weight);

/** The weight, if the backward pass needs it: for the input's gradient, or to add its own to one that it has. */
at::Tensor weightToSave(const at::Tensor& input, const at::Tensor& weight);

}  // namespace libbert
