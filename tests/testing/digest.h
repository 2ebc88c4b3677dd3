// SHA-256 as hex: long lists of expected values are given as their digest.
#pragma once

#include <fmt/format.h>
#include <openssl/sha.h>

#include <array>
#include <span>
#include <string>
#include <string_view>

namespace blis::testing {

inline std::string sha256_hex(std::span<const unsigned char> bytes) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(bytes.data(), bytes.size(), digest.data());
  std::string hex;
  for (const unsigned char byte : digest) hex += fmt::format("{:02x}", byte);
  return hex;
}

inline std::string sha256_hex(std::string_view text) {
  return sha256_hex({reinterpret_cast<const unsigned char*>(text.data()), text.size()});
}

/// Of the elements' bytes in memory order (little-endian on every machine that we support).
template <typename T>
std::string sha256_hex_of(std::span<const T> values) {
  return sha256_hex({reinterpret_cast<const unsigned char*>(values.data()), values.size_bytes()});
}

}  // namespace blis::testing
