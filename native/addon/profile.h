// Where a process's time goes: the calls that pass LibTorch's dispatcher, by operator and shapes.

#pragma once

#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

namespace libbert {

/** Operator, shapes of its tensors, calls, seconds without what other operators took inside them, bytes of its tensors. */
using ProfiledCalls = std::tuple<std::string, std::string, int64_t, double, double>;

/**
 * From now on every operator of the process is timed, on all threads; to be called while no other thread computes.
 *
 * @param whole operators of which those inside are a part, and are not timed by themselves
 * @param withNumbers whether calls are told apart by their arguments that are no tensors, too: the shapes end with them
 */
void startProfile(const std::vector<std::string>& whole, bool withNumbers);

/** Ends the profile, while no other thread computes. @throws c10::Error where none was started */
std::vector<ProfiledCalls> endProfile();

}  // namespace libbert
