#include "tristab/matrix/npz.h"

#include <fmt/format.h>
#include <zip.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <mutex>
#include <set>

#include "tristab/base/errors.h"
#include "tristab/base/interruption.h"
#include "tristab/base/json.h"
#include "tristab/base/spool.h"
#include "tristab/matrix/npy.h"
#include "tristab/matrix/pytorch.h"

namespace tristab {
namespace {

constexpr zip_int64_t most_members = 10000;

struct CloseArchive {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};
struct CloseMember {
  void operator()(zip_file_t* member) const { zip_fclose(member); }
};
using OpenMember = std::unique_ptr<zip_file_t, CloseMember>;

// libzip's objects must be used by one thread at a time; hold the mutex while using the archive.
struct Archive {
  std::string path;
  std::unique_ptr<zip_t, CloseArchive> zip;
  std::mutex mutex;
};

bool is_utf8(const std::string& text) {
  try {
    static_cast<void>(Json(text).dump());
    return true;
  } catch (const Json::exception&) {
    return false;
  }
}

// Opens the archive with libzip's consistency checks: every local header must agree with the directory.
std::shared_ptr<Archive> open_archive(const std::filesystem::path& path, const std::string& name) {
  auto archive = std::make_shared<Archive>();
  archive->path = name;
  int code = 0;
  archive->zip.reset(zip_open(path.c_str(), ZIP_RDONLY | ZIP_CHECKCONS, &code));
  if (archive->zip == nullptr) {
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    const std::string reason = zip_error_strerror(&error);
    zip_error_fini(&error);
    throw InputError(
        fmt::format("{}: broken .npz file: {}; allowed: a whole zip archive of .npy files", archive->path, reason));
  }
  return archive;
}

class Member : public ByteSource {
 public:
  Member(std::shared_ptr<Archive> archive, zip_uint64_t index, const std::string& name)
      : archive_(std::move(archive)),
        index_(index),
        path_(fmt::format("{}: member {}", archive_->path, name_text(name))) {
    zip_stat_t status;
    zip_stat_init(&status);
    constexpr zip_uint64_t wanted =
        ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
    if (zip_stat_index(archive_->zip.get(), index_, 0, &status) != 0 || (status.valid & wanted) != wanted) {
      broken("has no complete directory entry");
    }
    if (status.encryption_method != ZIP_EM_NONE) broken("is encrypted; allowed: no encryption");
    if (status.comp_method != ZIP_CM_STORE && status.comp_method != ZIP_CM_DEFLATE) {
      broken(fmt::format("has compression method {}; allowed: 0 (stored), 8 (deflated)", status.comp_method));
    }
    size_ = status.size;
    stored_ = status.comp_method == ZIP_CM_STORE;
    if (stored_ && status.comp_size != size_) {
      broken(fmt::format("is stored in {} bytes; allowed: its size, {}", status.comp_size, size_));
    }
    head_.resize(std::min<std::uint64_t>(size_, 4096));
    const OpenMember member = open();
    if (read_on(member.get(), head_.data(), head_.size()) != head_.size()) broken("ends before its size");
    if (head_.size() == size_) check_end(member.get());
  }

  // The beginning is read when the archive is opened, to know the array. What is read after this call is data, and
  // checked: a large member as a whole, at its first read.
  void begin_data() { head_is_enough_ = head_.size() == size_; }

  std::uint64_t size() const override { return size_; }
  const std::string& path() const override { return path_; }

  void read(std::uint64_t offset, std::uint64_t bytes, void* out) const override {
    if (bytes > size_ || offset > size_ - bytes) {
      throw InputError(fmt::format("{}: ends at byte {}, found no {} bytes at byte {}", path_, size_, bytes, offset));
    }
    if (bytes == 0) return;
    if (head_is_enough_ && offset + bytes <= head_.size()) {
      std::memcpy(out, head_.data() + offset, bytes);
      return;
    }
    const std::lock_guard lock(archive_->mutex);
    if (stored_) {
      if (member_ == nullptr) {
        check();
        member_ = open();
      }
      if (zip_fseek(member_.get(), static_cast<zip_int64_t>(offset), SEEK_SET) != 0 ||
          read_on(member_.get(), out, bytes) != bytes) {
        broken("cannot be read");
      }
      return;
    }
    if (inflated_ == nullptr) inflated_ = inflate();
    inflated_->read(offset, static_cast<char*>(out), bytes);
  }

 private:
  [[noreturn]] void broken(const std::string& what) const { throw InputError(fmt::format("{} {}", path_, what)); }

  OpenMember open() const {
    OpenMember member(zip_fopen_index(archive_->zip.get(), index_, 0));
    if (member == nullptr) broken(fmt::format("cannot be opened: {}", zip_strerror(archive_->zip.get())));
    return member;
  }

  // Reads up to `bytes` bytes; returns how many there were.
  std::uint64_t read_on(zip_file_t* member, void* out, std::uint64_t bytes) const {
    auto* target = static_cast<unsigned char*>(out);
    std::uint64_t done = 0;
    while (done < bytes) {
      const zip_int64_t got = zip_fread(member, target + done, bytes - done);
      if (got < 0) broken(fmt::format("cannot be read: {}", zip_file_strerror(member)));
      if (got == 0) break;
      done += static_cast<std::uint64_t>(got);
    }
    return done;
  }

  // libzip reports a stream that is too short or has a wrong checksum only to a reader that reaches the end, without a
  // jump, and asks for more.
  void check_end(zip_file_t* member) const {
    char more = 0;
    if (read_on(member, &more, 1) == 0) return;
    broken(fmt::format("{} more than the {} bytes of its directory entry", stored_ ? "has" : "inflates to", size_));
  }

  // Reads all of it.
  void check(Spool* copy = nullptr) const {
    const OpenMember member = open();
    std::string buffer(std::size_t{1} << 18, '\0');
    for (std::uint64_t done = 0; done < size_;) {
      stop_if_interrupted();  // gigabytes take long
      const std::uint64_t wanted = std::min<std::uint64_t>(buffer.size(), size_ - done);
      const std::uint64_t got = read_on(member.get(), buffer.data(), wanted);
      if (got < wanted) broken("ends before its size");
      if (copy != nullptr) copy->append(std::string_view(buffer).substr(0, got));
      done += got;
    }
    check_end(member.get());
  }

  std::unique_ptr<Spool> inflate() const {
    auto file = std::make_unique<Spool>(std::filesystem::path(), fmt::format("{}: its inflated bytes", path_));
    check(file.get());
    return file;
  }

  std::shared_ptr<Archive> archive_;
  zip_uint64_t index_;
  std::string path_;
  std::uint64_t size_ = 0;
  bool stored_ = true;
  std::vector<unsigned char> head_;          // the beginning
  bool head_is_enough_ = true;               // for what is read now
  mutable OpenMember member_;                // of a stored one, under the archive's mutex
  mutable std::unique_ptr<Spool> inflated_;  // likewise
};

}  // namespace

Npz read_npz(const std::filesystem::path& path, const std::string& shown) {
  const std::shared_ptr<Archive> archive = open_archive(path, shown);
  const zip_int64_t count = zip_get_num_entries(archive->zip.get(), 0);
  if (count > most_members)
    refuse_input(archive->path, fmt::format("{} members", count), fmt::format("at most {}", most_members));
  Npz npz;
  std::set<std::string> names;
  for (zip_uint64_t index = 0; index < static_cast<zip_uint64_t>(count); ++index) {
    const char* raw = zip_get_name(archive->zip.get(), index, ZIP_FL_ENC_RAW);
    std::string name = raw == nullptr ? "" : raw;
    if (!is_utf8(name)) {
      throw InputError(fmt::format("{}: the name of member {} is no UTF-8: {}; allowed: UTF-8", archive->path, index,
                                   name_text(name)));
    }
    if (is_pytorch_member(name)) refuse_pytorch(archive->path);
    auto member = std::make_unique<Member>(archive, index, name);
    std::array<char, 6> start{};
    const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(member->size(), start.size()));
    member->read(0, length, start.data());
    if (const std::string_view magic(start.data(), length); magic != npy_magic) {
      throw InputError(fmt::format("{} is no .npy file (its first bytes are {}); allowed: .npy files", member->path(),
                                   name_text(magic)));
    }
    Tensor tensor = read_npy_header(*member, OtherDtypes::keep);
    member->begin_data();
    if (name.ends_with(".npy")) name.resize(name.size() - 4);
    if (!names.insert(name).second)
      refuse_input(archive->path, fmt::format("two arrays called {}", name_text(name)), "each name once");
    tensor.name = name;
    tensor.part = npz.members.size();
    npz.members.push_back(in_row_major_order(std::move(member), tensor));
    npz.tensors.push_back(std::move(tensor));
  }
  if (npz.tensors.empty()) refuse_input(archive->path, "no member", "one array or more");
  return npz;
}

}  // namespace tristab
