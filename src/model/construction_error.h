// A value that no flag check screens, found when an instance or one of its parts is built.
#pragma once

#include "base/error.h"

namespace blis::model {

/// The reference aborts in these cases (exit status 2, nothing on stdout) where it ends ordinary
/// user errors with status 1, so commands tell the two apart by type. SOURCE spec latency 8.2,
/// cli 1.3.
class ConstructionError : public ConfigError {
 public:
  using ConfigError::ConfigError;
};

}  // namespace blis::model
