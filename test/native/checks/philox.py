"""Philox4x32-10 in plain integers: which dropout decision belongs to which row and column."""

import torch

from checks.checking import DEVICE, check, key as key_of, ops


def philox(counter, key):
    """Philox4x32-10 in plain integers."""
    a, b, c, d = counter
    low, high = key
    for _ in range(10):
        left, right = 0xD2511F53 * a, 0xCD9E8D57 * c
        a, b, c, d = (right >> 32) ^ b ^ low, right & 0xFFFFFFFF, (left >> 32) ^ d ^ high, left & 0xFFFFFFFF
        low, high = (low + 0x9E3779B9) & 0xFFFFFFFF, (high + 0xBB67AE85) & 0xFFFFFFFF
    return a, b, c, d


def mixed(key):
    """The finaliser of SplitMix64, low and high word."""
    z = (key + 0x9E3779B97F4A7C15) & (1 << 64) - 1
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & (1 << 64) - 1
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & (1 << 64) - 1
    z ^= z >> 31
    return z & 0xFFFFFFFF, z >> 32


def kept(p, key, row, columns, plane=0):
    words = [word for block in range((columns + 3) // 4)
             for word in philox((row & 0xFFFFFFFF, row >> 32, block, plane), mixed(key))]
    return torch.tensor([word >= int(p * 2**32) for word in words[:columns]])


def check_philox():
    # The known answer for counter and key of zeros that comes with the reference implementation, Random123.
    check("this file's Philox gives the known answer",
          philox((0, 0, 0, 0), (0, 0)) == (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8))
    ids = torch.tensor([5, (1 << 35) + 9], device=DEVICE)
    expected = torch.stack([kept(0.4, 77, row, 150) for row in ids.tolist()])
    actual = ops.dropout(torch.ones(2, 150, device=DEVICE), 0.4, key_of(77), ids) != 0
    check("dropout draws Philox4x32-10", torch.equal(actual.cpu(), expected))
