// Zip archives written byte by byte, by the format's specification (PKWARE APPNOTE 6.3.3, sections 4.3 to 4.5),
// right ones and lying ones.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tristab::testing_support {

inline std::uint32_t crc32_of(const std::string& bytes) {
  std::uint32_t crc = 0xffffffff;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xedb88320u : 0u);
  }
  return ~crc;
}

// A deflate stream of stored blocks (RFC 1951, section 3.2.4), which every inflater reads.
inline std::string deflated(const std::string& bytes) {
  std::string stream;
  std::size_t at = 0;
  do {
    const std::size_t length = std::min<std::size_t>(bytes.size() - at, 65535);
    stream += static_cast<char>(at + length == bytes.size() ? 1 : 0);
    for (const std::size_t value : {length, length ^ 0xffff}) {
      stream += static_cast<char>(value % 256);
      stream += static_cast<char>(value / 256);
    }
    stream += bytes.substr(at, length);
    at += length;
  } while (at < bytes.size());
  return stream;
}

struct ZipMember {
  std::string name;
  std::string bytes;       // as they stand in the archive
  std::uint32_t size = 0;  // that the archive says, inflated
  std::uint32_t crc = 0;
  std::uint16_t method = 0, flags = 0;
};

inline ZipMember stored_member(std::string name, const std::string& bytes) {
  return {std::move(name), bytes, static_cast<std::uint32_t>(bytes.size()), crc32_of(bytes), 0, 0};
}

inline ZipMember deflated_member(std::string name, const std::string& bytes) {
  return {std::move(name), deflated(bytes), static_cast<std::uint32_t>(bytes.size()), crc32_of(bytes), 8, 0};
}

inline std::string zip_bytes(const std::vector<ZipMember>& members) {
  const auto number = [](std::uint64_t value, int bytes) {
    std::string text;
    for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i) & 255);
    return text;
  };
  std::string archive, directory;
  for (const ZipMember& member : members) {
    const std::string common = number(member.flags, 2) + number(member.method, 2) + number(0, 2) + number(0x21, 2) +
                               number(member.crc, 4) + number(member.bytes.size(), 4) + number(member.size, 4) +
                               number(member.name.size(), 2) + number(0, 2);
    directory += number(0x02014b50, 4) + number(20, 2) + number(20, 2) + common + number(0, 2) + number(0, 2) +
                 number(0, 2) + number(0, 4) + number(archive.size(), 4) + member.name;
    archive += number(0x04034b50, 4) + number(20, 2) + common + member.name + member.bytes;
  }
  const std::size_t start = archive.size();
  return archive + directory + number(0x06054b50, 4) + number(0, 4) + number(members.size(), 2) +
         number(members.size(), 2) + number(directory.size(), 4) + number(start, 4) + number(0, 2);
}

}  // namespace tristab::testing_support
