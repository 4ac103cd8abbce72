// SPDX-License-Identifier: Apache-2.0
// Messages of Multicast DNS (RFC 6762 18): read one after the other, written with their names compressed.
#pragma once

#include "core/base/writer.hpp"
#include "services/dns/wire.hpp"
#include "services/mdns/names.hpp"

namespace linnet::mdns {

namespace type = dns::type;

constexpr std::uint16_t port = 5353;
constexpr std::uint8_t hop_limit = 255;  ///< RFC 6762 11
constexpr std::uint16_t class_any = 255;
constexpr IpAddress group_v4 = IpAddress::v4(224, 0, 0, 251);
/// ff02::fb of the link with this zone.
constexpr IpAddress group_v6(std::uint8_t zone) {
  constexpr std::array<std::uint8_t, 16> bytes = {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xfb};
  return IpAddress::v6(bytes, zone);
}
constexpr std::size_t maximum_data = 1200;  ///< bytes of a record's data that are looked at

struct Header {
  std::uint16_t id = 0;
  std::uint16_t flags = 0;
  std::uint16_t questions = 0;
  std::uint16_t answers = 0;
  std::uint16_t authorities = 0;
  std::uint16_t additionals = 0;

  bool is_response() const { return (flags & 0x8000) != 0; }
  bool truncated() const { return (flags & 0x0200) != 0; }
  unsigned opcode() const { return (flags >> 11) & 15u; }
  unsigned rcode() const { return flags & 15u; }
};
namespace flag {
constexpr std::uint16_t response = 0x8400;  ///< QR and AA (RFC 6762 18.2, 18.4)
constexpr std::uint16_t truncated = 0x0200;
}  // namespace flag

struct Question {
  Name name;
  std::uint16_t type = 0;
  std::uint16_t record_class = 0;
  bool unicast = false;  ///< the top bit of its class: the answer may come to the asker alone (5.4)

  bool asks(std::uint16_t other) const { return type == other || type == type::any; }
  bool of_internet() const { return record_class == dns::class_in || record_class == class_any; }
};

enum class Section : std::uint8_t { answer, authority, additional };

struct Record {
  Name owner;
  std::uint16_t type = 0;
  std::uint16_t record_class = 0;
  bool flush = false;     ///< the top bit of its class: these are all there are (10.2)
  std::uint32_t ttl = 0;  ///< seconds
  Section section = Section::answer;
  std::size_t data = 0;  ///< position in the message
  std::size_t length = 0;
};

/// A message whose questions and records are all there.
class Message {
 public:
  /// Nothing when it is shorter than it says, or a name in it breaks the rules of dns::Name::read. Names
  /// within data are not looked at: see data_of.
  static std::optional<Message> parse(Bytes bytes);
  static std::optional<Header> parse_header(Bytes bytes);

  const Header& header() const { return header_; }
  /// visit(const Question&)
  template <typename Visit>
  void for_each_question(Visit&& visit) const {
    std::size_t at = dns::header_size;
    Question question;
    for (unsigned i = 0; i < header_.questions; ++i) {
      read(question, at);  // as parse has done
      visit(question);
    }
  }
  /// visit(const Record&), in the order of the message
  template <typename Visit>
  void for_each_record(Visit&& visit) const {
    std::size_t at = records_;
    Record record;
    for (unsigned i = 0; i < record_count(); ++i) {
      read(record, at, i);
      visit(record);
    }
  }
  /// The data of a record with its names spelled out, in `room`, which is maximum_data bytes. Nothing when it
  /// is longer, or is not what data of its type can be: another length, a name that does not end where it
  /// must.
  std::optional<Bytes> data_of(const Record& record, MutableBytes room) const;

 private:
  explicit Message(Bytes bytes) : bytes_(bytes) {}
  unsigned record_count() const { return 0u + header_.answers + header_.authorities + header_.additionals; }
  bool read(Question& question, std::size_t& at) const;
  bool read(Record& record, std::size_t& at, unsigned index) const;

  Bytes bytes_;
  Header header_;
  std::size_t records_ = 0;  // position of the first
};

/// Where the name in data of a type begins, or nothing when there is none.
std::optional<std::size_t> name_in_data(std::uint16_t record_type);

/// The same data of a record, with its names spelled out: those are compared whatever the case of their
/// letters.
bool same_data(std::uint16_t record_type, Bytes a, Bytes b);

/// Data of an NSEC record: the name itself, and which types it has (RFC 6762 6.1): at most 255 is told.
std::size_t write_nsec(MutableBytes room, const Name& name, std::span<const std::uint16_t> types);
/// Whether data of an NSEC record says that there is no record of a type, of 255 at most.
bool denies(Bytes nsec, std::uint16_t record_type);

class MessageWriter {
 public:
  /// Without `compress_srv`, the target of an SRV record is written as it is: plain DNS wants that (RFC
  /// 2782).
  MessageWriter(MutableBytes room, std::uint16_t id, std::uint16_t flags, bool compress_srv = true);

  struct Entry {
    std::uint16_t type = 0;
    bool flush = false;
    std::uint32_t ttl = 0;
    Bytes data;  ///< names spelled out
  };
  // False, and nothing written, when there is no room. Questions first, then the sections in their order.
  bool question(const Name& name, std::uint16_t type, bool unicast);
  bool record(Section section, const Name& owner, const Entry& entry);
  void add_flags(std::uint16_t flags);
  bool empty() const { return writer_.size() == dns::header_size; }
  Bytes finish() const { return writer_.ok() ? Bytes(buffer_).first(writer_.size()) : Bytes(); }

 private:
  void name(const Name& name, bool compress);
  std::optional<std::uint16_t> find(Bytes rest) const;
  bool is_at(std::size_t at, Bytes rest) const;
  bool keep(const Writer& before, std::size_t labels_before, bool written, std::size_t count);

  MutableBytes buffer_;
  Writer writer_;
  bool compress_srv_;
  std::array<std::uint16_t, 48> labels_{};  // where labels of names begin
  std::size_t label_count_ = 0;
};

}  // namespace linnet::mdns
