// SPDX-License-Identifier: Apache-2.0
// The numbers of the sockets interface: lwIP's (esp32-surface 2.1), so that programs compiled for it agree.
#pragma once

#include <cstdint>

namespace linnet::sockets {

namespace af {
constexpr int unspec = 0, inet = 2, inet6 = 10;
}

/// The type of a socket; lwIP's have no flags, the two here are what Linux calls SOCK_NONBLOCK and
/// SOCK_CLOEXEC.
namespace sock {
constexpr int stream = 1, dgram = 2, raw = 3;
constexpr int nonblock = 0x800, cloexec = 0x80000;
}  // namespace sock

namespace ipproto {
constexpr int ip = 0, icmp = 1, tcp = 6, udp = 17, ipv6 = 41, icmpv6 = 58, udplite = 136, raw = 255;
}

namespace sol {
constexpr int socket = 0xfff;
}

/// Options of level sol::socket.
namespace so {
constexpr int debug = 0x0001;               ///< SO_DEBUG: taken, and without effect
constexpr int accept_connections = 0x0002;  ///< SO_ACCEPTCONN
constexpr int reuse_address = 0x0004;
constexpr int keepalive = 0x0008;
constexpr int dont_route = 0x0010;
constexpr int broadcast = 0x0020;
constexpr int linger = 0x0080;
constexpr int oob_inline = 0x0100;
constexpr int reuse_port = 0x0200;  ///< SO_REUSEPORT: as SO_REUSEADDR; only one of those that share a port may listen
constexpr int send_buffer = 0x1001;
constexpr int receive_buffer = 0x1002;
constexpr int send_low_water = 0x1003;
constexpr int receive_low_water = 0x1004;
constexpr int send_timeout = 0x1005;
constexpr int receive_timeout = 0x1006;
constexpr int error = 0x1007;
constexpr int type = 0x1008;
constexpr int no_check = 0x100a;
constexpr int bind_to_device = 0x100b;
/// Not in lwIP, with Linux's numbers: what socket() was called with.
constexpr int protocol = 38;
constexpr int domain = 39;
}  // namespace so

/// Options of level ipproto::ip.
namespace ip_option {
constexpr int tos = 1, ttl = 2, add_membership = 3, drop_membership = 4, multicast_ttl = 5, multicast_if = 6,
              multicast_loop = 7, packet_info = 8;
/// Not in lwIP, with Linux's numbers.
constexpr int mtu_discover = 10;          ///< IP_MTU_DISCOVER, of streams: an mtu_discovery
constexpr int bind_address_no_port = 24;  ///< IP_BIND_ADDRESS_NO_PORT: taken, and without effect
constexpr int local_port_range = 51;      ///< IP_LOCAL_PORT_RANGE: lowest | highest << 16, 0: as configured
}  // namespace ip_option

/// Options of level ipproto::ipv6.
namespace ipv6_option {
constexpr int join_group = 12, leave_group = 13;  ///< IPV6_JOIN_GROUP, IPV6_LEAVE_GROUP
constexpr int v6_only = 27;
constexpr int multicast_if = 0x300, multicast_hops = 0x301, multicast_loop = 0x302;  ///< as ESP-IDF adds them
/// Not in lwIP, with Linux's numbers.
constexpr int unicast_hops = 16;
constexpr int traffic_class = 67;  ///< IPV6_TCLASS
}  // namespace ipv6_option

/// Values of IP_MTU_DISCOVER.
namespace mtu_discovery {
constexpr int off = 0, want = 1, always = 2;
}

/// Options of level ipproto::tcp. TCP_KEEPALIVE is in milliseconds, the other three times and counts are not. What lwIP
/// does not have carries Linux's number unless lwIP has given that away.
namespace tcp_option {
constexpr int no_delay = 1, keepalive = 2, keep_idle = 3, keep_interval = 4, keep_count = 5;
constexpr int maximum_segment = 0x10;  ///< TCP_MAXSEG; lwIP has none
constexpr int user_timeout = 0x12;     ///< TCP_USER_TIMEOUT, milliseconds (RFC 5482); lwIP has none
constexpr int cork = 0x11;             ///< TCP_CORK, which Linux calls 3
constexpr int syn_count = 7;           ///< TCP_SYNCNT
constexpr int linger2 = 8;             ///< TCP_LINGER2, seconds
constexpr int defer_accept = 9;        ///< TCP_DEFER_ACCEPT, seconds
constexpr int window_clamp = 10;       ///< TCP_WINDOW_CLAMP
constexpr int info = 11;               ///< TCP_INFO: sockets/tcp_info.hpp
constexpr int quick_ack = 12;          ///< TCP_QUICKACK
constexpr int congestion = 13;         ///< TCP_CONGESTION: "cubic", "reno"
constexpr int unsent_low_water = 25;   ///< TCP_NOTSENT_LOWAT
constexpr int fast_open = 23;          ///< TCP_FASTOPEN, of a listener: how many may be pending
constexpr int fast_open_connect = 30;  ///< TCP_FASTOPEN_CONNECT
constexpr int fast_open_key = 33;      ///< TCP_FASTOPEN_KEY, of a listener: one or two keys of 16 bytes
constexpr int fast_open_no_cookie = 34;  ///< TCP_FASTOPEN_NO_COOKIE
}  // namespace tcp_option

namespace msg {
constexpr int peek = 0x01;
constexpr int wait_all = 0x02;
constexpr int oob = 0x04;    ///< on stream sockets
constexpr int trunc =
    0x04;  ///< the same number, on the others: yield a datagram's whole length; and in msg_flags
constexpr int control_trunc = 0x08;  ///< in msg_flags
constexpr int dont_wait = 0x08;
constexpr int more = 0x10;
constexpr int no_signal = 0x20;  ///< always so: there are no signals here
constexpr int fast_open = 0x20000000;  ///< MSG_FASTOPEN: connect, with data on the SYN if the server is known (RFC 7413)
constexpr int discard = 0x100000;  ///< on stream sockets, what Linux means by MSG_TRUNC there: read without copying
}  // namespace msg

/// fcntl commands, and the status flags they carry.
namespace fcntl_command {
constexpr int get_flags = 3, set_flags = 4;
}
namespace status_flag {
constexpr int nonblock = 1, read_write = 2;  ///< lwIP's O_NONBLOCK and O_RDWR, not the host's
}

/// ioctl requests as lwIP's _IOR and _IOW make them where a long has four bytes.
namespace ioctl_request {
constexpr unsigned long bytes_readable = 0x4004667f;     ///< FIONREAD, SIOCINQ
constexpr unsigned long set_nonblocking = 0x8004667e;    ///< FIONBIO
constexpr unsigned long at_mark = 0x40047307;            ///< SIOCATMARK: is the next byte urgent (RFC 6093)
constexpr unsigned long bytes_unacknowledged = 0x5411;   ///< SIOCOUTQ, TIOCOUTQ, as on Linux
constexpr unsigned long bytes_unsent = 0x894b;           ///< SIOCOUTQNSD, as on Linux
}  // namespace ioctl_request

namespace shut {
constexpr int read = 0, write = 1, both = 2;
}

/// Events of poll.
namespace event {
constexpr std::uint16_t in = 0x1;
constexpr std::uint16_t out = 0x2;
constexpr std::uint16_t err = 0x4;
constexpr std::uint16_t nval = 0x8;
constexpr std::uint16_t read_normal = 0x10;
constexpr std::uint16_t read_band = 0x20;
constexpr std::uint16_t pri = 0x40;
constexpr std::uint16_t write_normal = 0x80;
constexpr std::uint16_t write_band = 0x100;
constexpr std::uint16_t hup = 0x200;
constexpr std::uint16_t read_hup = 0x2000;  ///< POLLRDHUP, as on Linux: the peer sends no more
}  // namespace event

}  // namespace linnet::sockets
