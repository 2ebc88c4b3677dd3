// What a library call wants people to know, without printing it: conditions are counted, and the
// first of each kind is kept as an example. Only apps/ turns them into lines on stderr.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace blis {

enum class Severity { kInfo, kWarning };

class Diagnostics {
 public:
  struct Entry {
    Severity severity = Severity::kWarning;
    std::string kind;   ///< the condition, the same text each time it occurs
    std::string first;  ///< details of its first occurrence, may be empty
    std::int64_t count = 0;
  };

  /// Counts one occurrence of `kind`. Order of entries() is the order of first occurrence.
  void warn(std::string_view kind, std::string_view details = {}) {
    add(Severity::kWarning, kind, details);
  }
  void info(std::string_view kind, std::string_view details = {}) {
    add(Severity::kInfo, kind, details);
  }
  const std::vector<Entry>& entries() const { return entries_; }

 private:
  void add(Severity severity, std::string_view kind, std::string_view details);
  std::vector<Entry> entries_;
};

}  // namespace blis
