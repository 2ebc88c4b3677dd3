#include "base/compression.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <system_error>

#include "base/check.h"

namespace blis {
namespace {

constexpr std::size_t kPortionBytes = std::size_t{1} << 18;
constexpr int kGzipWindow = 15 + 16;  // zlib's way to ask for the gzip format
constexpr int kZstdLevel = 3;  // the library's default, stated so that files do not depend on it

Bytef* bytes(const char* text) {
  // zlib's interface predates const; it does not write to its input.
  return const_cast<Bytef*>(reinterpret_cast<const Bytef*>(text));
}

}  // namespace

Compression compression_of(std::string_view path) {
  if (path.ends_with(".gz")) return Compression::kGzip;
  if (path.ends_with(".zst")) return Compression::kZstd;
  return Compression::kNone;
}

class InputFile::Decoder {
 public:
  struct Progress {
    std::size_t taken = 0;
    std::size_t made = 0;
  };
  virtual ~Decoder() = default;
  /// Decodes from `in` to `out` as far as either lasts.
  virtual Progress decode(std::string_view in, char* out, std::size_t size) = 0;
  /// Whether the stream may end here.
  virtual bool complete() const = 0;
};

namespace {

class GzipDecoder final : public InputFile::Decoder {
 public:
  GzipDecoder() { BLIS_CHECK(inflateInit2(&stream_, kGzipWindow) == Z_OK, "zlib starts"); }
  ~GzipDecoder() override { inflateEnd(&stream_); }
  GzipDecoder(const GzipDecoder&) = delete;
  GzipDecoder& operator=(const GzipDecoder&) = delete;

  Progress decode(std::string_view in, char* out, std::size_t size) override {
    if (complete_) {
      if (in.empty()) return {};
      inflateReset(&stream_);  // a file may be several compressed ones, one after the other
      complete_ = false;
    }
    stream_.next_in = bytes(in.data());
    stream_.avail_in = static_cast<uInt>(in.size());
    stream_.next_out = reinterpret_cast<Bytef*>(out);
    stream_.avail_out =
        static_cast<uInt>(std::min<std::size_t>(size, std::numeric_limits<uInt>::max()));
    const uInt room = stream_.avail_out;
    const int status = inflate(&stream_, Z_NO_FLUSH);
    if (status == Z_STREAM_END) {
      complete_ = true;
    } else if (status != Z_OK && status != Z_BUF_ERROR) {
      throw ReadFailure(std::string("not gzip data, or damaged") +
                        (stream_.msg != nullptr ? std::string(": ") + stream_.msg : ""));
    }
    return {in.size() - stream_.avail_in, room - stream_.avail_out};
  }
  bool complete() const override { return complete_; }

 private:
  z_stream stream_{};
  bool complete_ = false;
};

class ZstdDecoder final : public InputFile::Decoder {
 public:
  ZstdDecoder() : stream_(ZSTD_createDStream(), &ZSTD_freeDStream) {
    BLIS_CHECK(stream_ != nullptr, "zstd starts");
  }

  Progress decode(std::string_view in, char* out, std::size_t size) override {
    ZSTD_inBuffer input{in.data(), in.size(), 0};
    ZSTD_outBuffer output{out, size, 0};
    const std::size_t status = ZSTD_decompressStream(stream_.get(), &output, &input);
    if (ZSTD_isError(status) != 0) {
      throw ReadFailure(std::string("not zstd data, or damaged: ") + ZSTD_getErrorName(status));
    }
    // Without input and output zstd asks for the next frame, which need not be there.
    if (input.pos > 0 || output.pos > 0) complete_ = status == 0;
    return {input.pos, output.pos};
  }
  bool complete() const override { return complete_; }

 private:
  std::unique_ptr<ZSTD_DStream, decltype(&ZSTD_freeDStream)> stream_;
  bool complete_ = false;
};

class GzipCompressor final : public Compressor {
 public:
  GzipCompressor() {
    const int status = deflateInit2(&stream_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipWindow,
                                    MAX_MEM_LEVEL, Z_DEFAULT_STRATEGY);
    BLIS_CHECK(status == Z_OK, "zlib starts");
  }
  ~GzipCompressor() override { deflateEnd(&stream_); }
  GzipCompressor(const GzipCompressor&) = delete;
  GzipCompressor& operator=(const GzipCompressor&) = delete;

  void add(std::string_view text, std::string& out) override {
    while (!text.empty()) {
      const std::string_view portion = text.substr(0, kPortionBytes);
      run(portion, Z_NO_FLUSH, out);
      text.remove_prefix(portion.size());
    }
  }
  void finish(std::string& out) override { run({}, Z_FINISH, out); }

 private:
  void run(std::string_view text, int flush, std::string& out) {
    stream_.next_in = bytes(text.data());
    stream_.avail_in = static_cast<uInt>(text.size());
    do {
      const std::size_t before = out.size();
      out.resize(before + kPortionBytes);
      stream_.next_out = bytes(out.data() + before);
      stream_.avail_out = static_cast<uInt>(kPortionBytes);
      const int status = deflate(&stream_, flush);
      BLIS_CHECK(status != Z_STREAM_ERROR, "zlib compresses");
      out.resize(out.size() - stream_.avail_out);
    } while (stream_.avail_out == 0);
  }

  z_stream stream_{};
};

class ZstdCompressor final : public Compressor {
 public:
  ZstdCompressor() : stream_(ZSTD_createCStream(), &ZSTD_freeCStream) {
    BLIS_CHECK(stream_ != nullptr, "zstd starts");
    ZSTD_CCtx_setParameter(stream_.get(), ZSTD_c_compressionLevel, kZstdLevel);
    ZSTD_CCtx_setParameter(stream_.get(), ZSTD_c_checksumFlag, 1);
  }

  void add(std::string_view text, std::string& out) override { run(text, ZSTD_e_continue, out); }
  void finish(std::string& out) override { run({}, ZSTD_e_end, out); }

 private:
  void run(std::string_view text, ZSTD_EndDirective directive, std::string& out) {
    ZSTD_inBuffer input{text.data(), text.size(), 0};
    for (bool more = true; more;) {
      const std::size_t before = out.size();
      out.resize(before + kPortionBytes);
      ZSTD_outBuffer output{out.data() + before, kPortionBytes, 0};
      const std::size_t left = ZSTD_compressStream2(stream_.get(), &output, &input, directive);
      BLIS_CHECK(ZSTD_isError(left) == 0, "zstd compresses");
      out.resize(before + output.pos);
      more = directive == ZSTD_e_end ? left != 0 : input.pos < input.size;
    }
  }

  std::unique_ptr<ZSTD_CStream, decltype(&ZSTD_freeCStream)> stream_;
};

}  // namespace

InputFile::InputFile(const std::string& path) {
  descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor_ < 0) throw ReadFailure(std::generic_category().message(errno));
  struct stat status {};
  if (::fstat(descriptor_, &status) == 0 && S_ISREG(status.st_mode)) {
    is_regular_ = true;
    stored_bytes_ = static_cast<std::size_t>(status.st_size);
  }
  const Compression kind = compression_of(path);
  if (kind == Compression::kGzip) decoder_ = std::make_unique<GzipDecoder>();
  if (kind == Compression::kZstd) decoder_ = std::make_unique<ZstdDecoder>();
}

InputFile::~InputFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::size_t InputFile::read_stored(char* data, std::size_t size) {
  ssize_t got = 0;
  do {
    got = ::read(descriptor_, data, size);
  } while (got < 0 && errno == EINTR);
  if (got < 0) throw ReadFailure(std::generic_category().message(errno));
  return static_cast<std::size_t>(got);
}

std::size_t InputFile::read(char* data, std::size_t size) {
  if (!decoder_) return read_stored(data, size);
  for (;;) {
    if (position_ == portion_.size() && !at_end_) {
      portion_.resize(kPortionBytes);
      portion_.resize(read_stored(portion_.data(), kPortionBytes));
      position_ = 0;
      at_end_ = portion_.empty();
    }
    const std::string_view rest = std::string_view(portion_).substr(position_);
    const Decoder::Progress progress = decoder_->decode(rest, data, size);
    position_ += progress.taken;
    if (progress.made > 0) return progress.made;
    if (at_end_ && progress.taken == 0) {
      if (!decoder_->complete()) throw ReadFailure("the compressed data ends early");
      return 0;
    }
  }
}

std::unique_ptr<Compressor> Compressor::make(Compression kind) {
  BLIS_CHECK(kind != Compression::kNone, "there is something to compress with");
  if (kind == Compression::kGzip) return std::make_unique<GzipCompressor>();
  return std::make_unique<ZstdCompressor>();
}

}  // namespace blis
