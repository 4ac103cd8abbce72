// SPDX-License-Identifier: Apache-2.0
// Any sequence of socket calls, with wrong descriptors, sizes and flags, on a host that talks to itself.
#include <array>
#include <bitset>
#include <cstring>

#include "fuzz/input.hpp"
#include "sockets/host.hpp"
#include "sockets/single_thread_port.hpp"

using namespace linnet;
using namespace linnet::fuzz;
namespace so = linnet::sockets;

namespace {

constexpr std::size_t descriptors = 10;
constexpr int first_descriptor = 3;
constexpr unsigned waits_per_call = 40;

constexpr linnet::Config stack_config() {
  linnet::Config c;
  c.blocks = {.small_size = 1664, .small_count = 48};
  c.tcp.fast_open_cache = 0;
  return c;
}
constexpr so::Config sockets_config(bool linux_like) {
  so::Config c = linux_like ? so::Config::linux_host() : so::Config::device();
  c.max_sockets = descriptors;
  c.first_descriptor = first_descriptor;
  return c;
}

MutableBytes memory_of() {
  constexpr std::size_t size = so::Host::memory_needed(stack_config(), sockets_config(true));
  alignas(Arena::alignment) static std::array<std::uint8_t, size> memory;
  std::memset(memory.data(), 0x5a, size);
  return memory;
}

class Run {
 public:
  explicit Run(bool linux_like)
      : port_(Random::Seed{3, 1}, Instant::from_microseconds(1000000)),
        host_(stack_config(), sockets_config(linux_like), memory_of(), port_) {
    require(host_.ok(), "enough memory");
    port_.set_wait([](void* self, Instant deadline) { static_cast<Run*>(self)->wait(deadline); }, this);
    fresh_ = host_.stack().digest();
  }
  void step(Input& input) {
    waits_ = 0;
    const std::uint8_t what = input.u8();
    const int fd = descriptor(input);
    switch (what % 20) {
      case 0:
        opened(s_.socket(number(input, {2, 10, 0}), type(input), number(input, {0, 6, 17, 1, 255})));
        break;
      case 1:
        opened(s_.socket(so::af::inet, 1 + input.below(3)));
        break;
      case 2:
        pair(input.flag());
        break;
      case 3:
        close(fd);
        break;
      case 4:
        check(fd, s_.bind(fd, endpoint(input)));
        break;
      case 5:
        check(fd, s_.listen(fd, number(input, {1, 2, 0, -1})));
        break;
      case 6:
        check(fd, s_.connect(fd, endpoint(input)));
        break;
      case 7: {
        Endpoint peer;
        const int accepted = s_.accept(fd, &peer, number(input, {0, so::sock::nonblock}));
        check(fd, accepted);
        opened(accepted);
        break;
      }
      case 8:
      case 9:
        send(fd, input);
        break;
      case 10:
      case 11:
        receive(fd, input);
        break;
      case 12:
        check(fd, s_.shutdown(fd, number(input, {0, 1, 2, 3})));
        break;
      case 13:
        set_option(fd, input);
        break;
      case 14:
        get_option(fd, input);
        break;
      case 15:
        poll(input);
        break;
      case 16:
        select(input);
        break;
      case 17:
        control(fd, input);
        break;
      case 18:
        names(fd);
        break;
      default:
        pass(Duration::milliseconds(input.u8() * 100));
    }
    require(s_.used() == open_.count(), "as many descriptors are in use as were opened and not closed");
  }
  void end() {
    for (std::size_t i = 0; i < descriptors; ++i) {
      waits_ = 0;
      if (open_[i]) close(first_descriptor + static_cast<int>(i));
    }
    require(s_.used() == 0, "all are closed");
    pass(Duration::seconds(4 * 3600));
    require(host_.stack().pool().full(), "all blocks are back");
    require(host_.stack().digest() == fresh_, "the stack is as it was at first");
  }

 private:
  void wait(Instant deadline) {
    // Some calls would wait for ever, or for a peer that nobody serves: they are interrupted.
    if (++waits_ > waits_per_call || deadline.is_never()) return port_.interrupt();
    if (port_.now() < deadline) port_.set_time(deadline);
  }
  void pass(Duration duration) {
    const Instant until = port_.now() + duration;
    for (unsigned turns = 0;; ++turns) {
      require(turns < 100000, "a timer that never rests");
      const Instant next = host_.poll_once();
      if (next > until) break;
      port_.set_time(std::max(next, port_.now() + Duration::microseconds(1)));
    }
    port_.set_time(until);
    host_.poll_once();
  }

  // --- what calls may yield ---

  bool is_open(int fd) const {
    const std::int64_t index = std::int64_t{fd} - first_descriptor;
    return index >= 0 && index < std::int64_t{descriptors} && open_[static_cast<std::size_t>(index)];
  }
  std::ptrdiff_t check(int fd, std::ptrdiff_t result, std::size_t most = 0x7fffffff) const {
    require(result >= -200, "an errno value, negated");
    require(is_open(fd) || result == -so::error::bad_descriptor, "EBADF for what is not open");
    require(!is_open(fd) || result != -so::error::bad_descriptor, "and only then");
    require(result < 0 || static_cast<std::size_t>(result) <= most, "no more than there was room for");
    return result;
  }
  void opened(int fd) {
    if (fd < 0) return;
    const int index = fd - first_descriptor;
    require(index >= 0 && index < static_cast<int>(descriptors), "a number of the table");
    for (int i = 0; i < index; ++i)
      require(open_[static_cast<std::size_t>(i)], "POSIX: the lowest number that is free");
    require(!open_[static_cast<std::size_t>(index)], "that was not taken");
    open_.set(static_cast<std::size_t>(index));
  }
  void close(int fd) {
    check(fd, s_.close(fd));
    if (is_open(fd)) open_.reset(static_cast<std::size_t>(fd - first_descriptor));
  }

  // --- arguments ---

  int descriptor(Input& input) const {
    const std::uint8_t how = input.u8();
    if (how < 240) return first_descriptor + how % static_cast<int>(descriptors);
    return how < 250 ? how % 16 - 2 : static_cast<int>(input.u32());
  }
  /// Usually one of those that are known, sometimes any.
  static int number(Input& input, std::initializer_list<int> known) {
    const std::uint8_t how = input.u8();
    if (how >= 250) return static_cast<int>(input.u32());
    return known.begin()[how % known.size()];
  }
  static int type(Input& input) {
    return static_cast<int>(1 + input.below(4)) | (input.flag() ? so::sock::nonblock : 0);
  }
  static Endpoint endpoint(Input& input) {
    const std::uint8_t how = input.u8();
    const auto to = static_cast<std::uint16_t>(how % 4 == 0 ? 0 : 5000 + how % 4);
    if (how < 160) return {IpAddress::loopback_v4(), to};
    if (how < 200) return {IpAddress::any_v4(), to};
    if (how < 210) return {};
    if (how < 220) return {IpAddress::broadcast_v4(), to};
    if (how < 230) return {IpAddress::v4(224, 0, 0, 1), to};
    if (how < 240) return {IpAddress::any_v6(), to};
    return {IpAddress::v4(input.u32()), input.u16()};
  }
  /// What most sequences need: a connection.
  void pair(bool non_blocking) {
    const int listener = s_.socket(so::af::inet, so::sock::stream);
    opened(listener);
    const Endpoint name{IpAddress::loopback_v4(), static_cast<std::uint16_t>(6000 + pairs_++)};
    if (listener < 0) return;
    if (s_.bind(listener, name) == 0 && s_.listen(listener, 1) == 0) {
      const int client = s_.socket(so::af::inet, so::sock::stream);
      opened(client);
      if (client >= 0 && s_.connect(client, name) == 0) {
        if (non_blocking) s_.set_non_blocking(client, true);
        opened(s_.accept(listener));
      }
    }
    close(listener);
  }

  // --- calls ---

  void send(int fd, Input& input) {
    std::array<std::uint8_t, 4096> bytes;
    std::memset(bytes.data(), 'x', bytes.size());
    const std::uint8_t how = input.u8();
    const std::size_t size = (how & 1) != 0 ? input.u8() : input.below(4096);
    const int flags = number(input, {0, so::msg::dont_wait, so::msg::more, so::msg::oob, so::msg::fast_open});
    const Endpoint to = endpoint(input);
    const std::size_t cut = input.below(static_cast<std::uint32_t>(size + 1));
    const std::array<Bytes, 2> parts{Bytes(bytes).first(cut), Bytes(bytes).subspan(cut, size - cut)};
    if ((how & 2) != 0) {
      check(fd, s_.sendto(fd, Bytes(bytes).first(size), flags, (how & 4) != 0 ? &to : nullptr), size);
    } else {
      const so::SendMessage message{.parts = parts,
                                    .to = (how & 4) != 0 ? &to : nullptr,
                                    .info = {.interface = (how & 8) != 0 ? input.u8() : ip::any_interface,
                                             .ttl = (how & 16) != 0 ? input.u8() : std::uint8_t{0}}};
      check(fd, s_.sendmsg(fd, message, flags), size);
    }
  }
  void receive(int fd, Input& input) {
    std::array<std::uint8_t, 4096> bytes;
    const std::uint8_t how = input.u8();
    const std::size_t size = (how & 1) != 0 ? input.u8() : input.below(4096);
    const int flags = number(
        input, {0, so::msg::dont_wait, so::msg::peek, so::msg::wait_all, so::msg::oob, so::msg::discard});
    bytes[size < bytes.size() ? size : 0] = 0xee;
    const std::size_t cut = input.below(static_cast<std::uint32_t>(size + 1));
    const std::array<MutableBytes, 2> parts{MutableBytes(bytes).first(cut),
                                            MutableBytes(bytes).subspan(cut, size - cut)};
    so::ReceiveMessage message{.parts = parts};
    // A datagram's whole length may be more than was copied.
    const std::size_t most = (flags & so::msg::trunc) != 0 ? 65535 : size;
    check(fd, s_.recvmsg(fd, message, flags), most);
    if (size < bytes.size()) require(bytes[size] == 0xee, "nothing is written behind the room");
  }
  void set_option(int fd, Input& input) {
    std::array<std::uint8_t, 48> value{};
    const std::uint8_t how = input.u8();
    const auto [level, name] = option_name(input);
    const std::size_t size = how < 160   ? 4
                             : how < 200 ? 16
                             : how < 220 ? 8
                             : how < 230 ? 32
                                         : input.below(48);
    if (how % 2 == 0) {
      const std::int32_t small = input.u8();
      std::memcpy(value.data(), &small, 4);
    } else {
      copy_bytes(value.data(), input.bytes(size));
    }
    check(fd, s_.setsockopt(fd, level, name, how == 255 ? nullptr : value.data(), size));
  }
  void get_option(int fd, Input& input) {
    std::array<std::uint8_t, 512> value;
    value.fill(0xee);
    const auto [level, name] = option_name(input);
    const std::uint8_t how = input.u8();
    const std::size_t room = how < 128 ? 4 : how < 160 ? 16 : input.below(500);
    std::size_t length = room;
    check(fd, s_.getsockopt(fd, level, name, how == 255 ? nullptr : value.data(),
                            how == 254 ? nullptr : &length));
    require(length <= room, "no more than there was room for");
    for (std::size_t i = room; i < value.size(); ++i)
      require(value[i] == 0xee, "nothing is written behind the room");
  }
  static std::pair<int, int> option_name(Input& input) {
    const std::uint8_t how = input.u8();
    const std::uint8_t which = input.u8();
    static constexpr std::array<int, 18> socket{so::so::debug,
                                                so::so::accept_connections,
                                                so::so::reuse_address,
                                                so::so::keepalive,
                                                so::so::dont_route,
                                                so::so::broadcast,
                                                so::so::linger,
                                                so::so::oob_inline,
                                                so::so::reuse_port,
                                                so::so::send_buffer,
                                                so::so::receive_buffer,
                                                so::so::send_low_water,
                                                so::so::receive_low_water,
                                                so::so::send_timeout,
                                                so::so::receive_timeout,
                                                so::so::error,
                                                so::so::type,
                                                so::so::no_check};
    if (how % 3 == 0) return {so::sol::socket, socket[which % socket.size()]};
    if (how % 3 == 1) return {so::ipproto::tcp, which % 36};
    if (how < 240) return {so::ipproto::ip, which % 52};
    return {static_cast<int>(input.u16()), static_cast<int>(input.u16())};
  }
  void poll(Input& input) {
    std::array<so::PollEntry, 6> entries{};
    const std::size_t count = input.below(entries.size() + 1);
    for (so::PollEntry& entry : std::span(entries).first(count))
      entry = {.fd = descriptor(input), .events = input.u16()};
    const int result = s_.poll(std::span(entries).first(count), timeout(input));
    require(result >= -200 && result <= static_cast<int>(count), "how many entries have events");
    int seen = 0;
    for (const so::PollEntry& entry : std::span(entries).first(count)) {
      seen += entry.revents != 0 ? 1 : 0;
      if (result < 0 || entry.fd < 0) continue;
      const bool invalid = (entry.revents & so::event::nval) != 0;
      require(is_open(entry.fd) || invalid, "POLLNVAL for what is not open");
      require(!is_open(entry.fd) || !invalid, "and only then");
    }
    require(result < 0 || result == seen, "counted right");
  }
  void select(Input& input) {
    std::array<so::FdSet, 3> sets;
    for (so::FdSet& set : sets) {
      const std::uint16_t members = input.u16();
      for (int i = 0; i < 16; ++i) {
        if ((members >> i & 1) != 0) set.add(i);
      }
    }
    const std::array<so::FdSet, 3> asked = sets;
    const int count = number(input, {16, 13, 8, 0});
    const std::uint8_t null = input.u8();
    const int result =
        s_.select(count, (null & 1) != 0 ? nullptr : &sets[0], (null & 2) != 0 ? nullptr : &sets[1],
                  (null & 4) != 0 ? nullptr : &sets[2], timeout(input));
    require(result >= -200 && result <= 48, "how many members stay");
    if (result < 0) {
      require(sets == asked, "sets are left as they are on an error");
      return;
    }
    int stayed = 0;
    for (std::size_t i = 0; i < sets.size(); ++i) {
      if ((null >> i & 1) != 0) continue;
      for (int fd = 0; fd < 16; ++fd) {
        require(!sets[i].contains(fd) || asked[i].contains(fd), "only those that were asked for");
        stayed += sets[i].contains(fd) && fd < count ? 1 : 0;
        require(!(sets[i].contains(fd) && fd < count) || is_open(fd), "and that are open");
      }
    }
    require(stayed == result, "counted right");
  }
  static std::optional<Duration> timeout(Input& input) {
    const std::uint8_t how = input.u8();
    if (how < 200) return Duration::milliseconds(how % 4 * 10);
    return how < 250 ? std::optional<Duration>()
                     : std::optional(Duration::microseconds(static_cast<std::int32_t>(input.u32())));
  }
  void control(int fd, Input& input) {
    int argument = static_cast<int>(input.u8());
    const std::array<unsigned long, 6> requests{
        so::ioctl_request::bytes_readable, so::ioctl_request::set_nonblocking,
        so::ioctl_request::at_mark,        so::ioctl_request::bytes_unacknowledged,
        so::ioctl_request::bytes_unsent,   input.u32()};
    const std::uint8_t how = input.u8();
    if (how % 4 == 0) {
      check(fd, s_.fcntl(fd, number(input, {3, 4}), number(input, {0, 1, 2, 3})));
    } else {
      check(fd, s_.ioctl(fd, requests[how / 4 % 6], how == 255 ? nullptr : &argument));
    }
  }
  void names(int fd) {
    Endpoint local;
    Endpoint remote;
    check(fd, s_.getsockname(fd, local));
    check(fd, s_.getpeername(fd, remote));
    static_cast<void>(s_.status(fd));
  }

  so::SingleThreadPort port_;
  so::Host host_;
  so::Sockets& s_ = host_.sockets();
  std::bitset<descriptors> open_;
  Digest::Value fresh_;
  unsigned waits_ = 0;
  unsigned pairs_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  Run run(input.flag());
  while (!input.empty()) run.step(input);
  run.end();
  return 0;
}
