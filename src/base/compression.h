// Compressed files, by the end of their names: `.gz` (gzip, through zlib) and `.zst` (zstd).
// Whoever reads or writes a file in portions goes through these two classes and need not know.
#pragma once

#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace blis {

enum class Compression { kNone, kGzip, kZstd };

/// What the end of `path` says: `.gz`, `.zst`, or neither.
Compression compression_of(std::string_view path);

/// Why bytes could not be read; without the file's name, which the caller knows.
class ReadFailure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The uncompressed bytes of a file, in portions of bounded size however large the file is.
class InputFile {
 public:
  /// THROWS ReadFailure if it cannot be opened.
  explicit InputFile(const std::string& path);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  /// Reads up to `size` bytes; 0 only at the end.
  /// THROWS ReadFailure for errors of the system, for data that is not compressed as the name says,
  /// is damaged, or ends early.
  std::size_t read(char* data, std::size_t size);
  /// Whether it can be opened and read a second time: a pipe cannot.
  bool is_regular() const { return is_regular_; }
  /// Size on disk in bytes; 0 if it is no regular file.
  std::size_t stored_bytes() const { return stored_bytes_; }
  bool is_compressed() const { return decoder_ != nullptr; }

  /// Undoes one kind of compression.
  class Decoder;

 private:
  std::size_t read_stored(char* data, std::size_t size);

  int descriptor_ = -1;
  bool is_regular_ = false;
  std::size_t stored_bytes_ = 0;
  std::unique_ptr<Decoder> decoder_;  // nullptr: stored as it is
  std::string portion_;               // compressed bytes; those from position_ on are to be decoded
  std::size_t position_ = 0;
  bool at_end_ = false;  // of the compressed bytes
};

/// Compresses a stream of text. Equal texts give equal bytes, however they are cut into portions.
class Compressor {
 public:
  /// REQUIRES kind is not kNone.
  static std::unique_ptr<Compressor> make(Compression kind);
  virtual ~Compressor() = default;

  /// Takes `text` and appends what is ready to `out`.
  virtual void add(std::string_view text, std::string& out) = 0;
  /// Appends the rest to `out`. Called once, last.
  virtual void finish(std::string& out) = 0;
};

}  // namespace blis
