// SPDX-License-Identifier: Apache-2.0
// Where ours differ from Linux's sockets on purpose; docs/conformance.md tells it in prose.
#include "tests/conformance/test_trial.hpp"

namespace linnet::conformance {

namespace {

constexpr std::string_view not_connected =
    "POSIX: ENOTCONN of a socket that is not connected; EPIPE is of one that was";
constexpr std::string_view refuses_listener = "POSIX: EOPNOTSUPP of a socket that listens";
constexpr std::string_view begins_again =
    "after its end a socket may connect again; Linux wants it dissolved first";
constexpr std::string_view own_wish = "the user dissolved it: that is no error of the network's";
constexpr std::string_view no_effect =
    "a call that fails has no effect; on Linux shutdown has one behind ENOTCONN";
constexpr std::string_view read_nothing = "a read of no bytes has nothing to wait for, and no error to tell";
constexpr std::string_view exceptional = "POSIX: a pending error is an exceptional condition";
constexpr std::string_view keeps_data = "what nobody will read gives its memory back at once";
constexpr std::string_view is_reset = "RFC 9293 3.10.7.4: a reset in CLOSE-WAIT is a reset, too";
constexpr std::string_view counts_fin = "Linux counts the SYN or the FIN as a byte";
constexpr std::string_view goes_on =
    "POSIX: ENOTCONN while the connection is being opened; the attempt goes on";
constexpr std::string_view keeps_port = "a port belongs to the socket until it is closed, whoever chose it";
constexpr std::string_view port_0 = "nobody can be at port 0";
constexpr std::string_view end_of_file = "poll says that there is something to read: the end";
constexpr std::string_view no_bands = "no protocol here has bands; RDBAND stands for urgent data, as in lwIP";
constexpr std::string_view error_first = "a pending error is told before the arguments are looked at";
constexpr std::string_view not_cut = "a value that does not fit is not cut";
constexpr std::string_view not_there = "lwIP does not have it on that kind of socket either";
constexpr std::string_view no_option = "one error for all options that there are not";
constexpr std::string_view size_first = "the size is looked at first";
constexpr std::string_view out_of_range = "a value out of range is refused, not cut or ignored";
constexpr std::string_view in_line = "RFC 6093 6: urgent data stays in the stream unless asked otherwise";
constexpr std::string_view not_a_host = "no address of ours";
constexpr std::string_view order_of_checks = "which of several wrong arguments is told first";
constexpr std::string_view forgets = "a time that is off is not kept";
constexpr std::string_view no_urgent = "datagrams have no urgent data, over IPv6 no more than over IPv4";
constexpr std::string_view one_family = "a socket that has an address of one family does not reach the other";

constexpr Difference table[] = {
    // connect
    {"tcp/listening*/connect*", "connect*", "EISCONN", "EOPNOTSUPP", 12, 0xf8bfbc00, refuses_listener},
    {"tcp4/*/connect*", "connect*", "E*", "EINPROGRESS", 13, 0x7923a6b0, begins_again},
    {"tcp6/*/connect*", "connect*", "E*", "EINPROGRESS", 16, 0x16e18db6, begins_again},
    {"tcp46/*/connect*", "connect*", "E*", "EINPROGRESS", 16, 0x16e18db6, begins_again},
    {"tcp4/*/connect*", "connect*", "EISCONN", "E*", 17, 0xa0fd1643, begins_again},
    {"tcp6/*/connect*", "connect*", "EISCONN", "E*", 15, 0x48ec8ba6, begins_again},
    {"tcp46/*/connect*", "connect*", "EISCONN", "E*", 15, 0x48ec8ba6, begins_again},
    {"tcp/*/connect*", "connect*", "E*", "EALREADY", 1, 0x23cb1678, begins_again},
    {"tcp/*/connect*", "connect*", "EINPROGRESS", "E*", 1, 0x9710d1f6, begins_again},
    {"tcp/*/connect", "connect*", "EISCONN", "0", 2, 0x8e6f2367, begins_again},
    {"tcp4/*/connect-family", "connect", "E*", "EAFNOSUPPORT", 1, 0x45ad5c69, begins_again},
    {"tcp/*/connect-ask", "error", "0", "ECONNREFUSED", 1, 0x3e732662, begins_again},
    {"tcp/*/connect-ask", "error", "ECONNRESET", "0", 2, 0xd81652ab, begins_again},
    {"tcp/*/connect-ask", "error", "EPIPE", "0", 1, 0x9eebce29, begins_again},
    {"tcp/*/connect-ask", "events", "OUT|HUP|WRNORM", "IN|OUT|ERR|HUP|RDNORM|WRNORM|RDHUP", 1, 0x4da63fcd, begins_again},
    {"tcp/*/connect-ask", "events", "IN|OUT|ERR|HUP|RDNORM|WRNORM|RDHUP", "OUT|HUP|WRNORM", 3, 0x9ca239c5, begins_again},
    {"tcp/*/connect-ask", "events", "IN|OUT|HUP|RDNORM|WRNORM|RDHUP", "OUT|WRNORM", 2, 0x97080e7d, begins_again},
    // dissolve
    {"tcp/*/dissolve", "events", "OUT|ERR|HUP|WRNORM", "OUT|HUP|WRNORM", 18, 0xaa54e64e, own_wish},
    {"tcp/*/dissolve", "send", "E*", "ENOTCONN", 26, 0x67fb10c2, not_connected},
    {"tcp/dissolved/*", "*", "ECONNRESET", "ENOTCONN", 18, 0x454d5dbc, own_wish},
    {"tcp/dissolved/error", "error", "ECONNRESET", "0", 1, 0x98e49857, own_wish},
    {"tcp/dissolved/poll", "*", "*ERR|HUP*", "*HUP*", 3, 0x34cef07d, own_wish},
    {"tcp/dissolved/shutdown-*", "events", "*ERR|HUP*", "OUT|HUP|WRNORM", 3, 0xbea27d33, own_wish},
    {"tcp/dissolved/getsockname", "getsockname", "* own", "* 0", 1, 0x4aa1112f, own_wish},
    {"tcp/dissolved/outq", "bytes", "*", "0", 1, 0xf163cc5d, own_wish},
    // sockets that are not connected
    {"tcp/*/send*", "send*", "EPIPE", "ENOTCONN", 29, 0x53b468de, not_connected},
    {"tcp/*/shutdown-*", "send", "EPIPE", "ENOTCONN", 15, 0xcdb870f9, not_connected},
    {"tcp/*/shutdown-*", "recv", "0", "ENOTCONN", 4, 0x33b6b752, no_effect},
    {"tcp/*/shutdown-*", "events", "IN|OUT|HUP|RDNORM|WRNORM|RDHUP", "OUT|HUP|WRNORM", 4, 0x80eba042, no_effect},
    {"tcp/*/recv-oob*", "recv", "EINVAL", "ENOTCONN", 6, 0x8763369c, not_connected},
    // shutdown while connecting
    {"tcp/connecting/shutdown-*", "shutdown", "0", "ENOTCONN", 5, 0xfedd1bd, goes_on},
    {"tcp/connecting/shutdown-*", "events", "OUT|ERR|HUP|WRNORM", "none", 3, 0xc2001e7c, goes_on},
    {"tcp/connecting/shutdown-*", "recv", "ECONNRESET", "EAGAIN", 3, 0x8413799b, goes_on},
    {"tcp/connecting/shutdown-*", "send", "EPIPE", "EAGAIN", 3, 0x329e290d, goes_on},
    // reading
    {"tcp/*/recv-nothing", "*", "E*", "0", 7, 0x4693bca8, read_nothing},
    {"tcp/*/recv-nothing", "events", "IN|OUT|HUP|RDNORM|WRNORM|RDHUP", "IN|OUT|ERR|HUP|RDNORM|WRNORM|RDHUP",
     2, 0xec1fd6b, read_nothing},
    {"tcp/connecting/send-nothing", "send", "EAGAIN", "0", 1, 0x9abd7e82, read_nothing},
    {"tcp/data-shut-read/*", "recv", "5 'hello'", "0", 7, 0xc700c406, keeps_data},
    {"tcp/data-shut-read/*", "recv again", "5 'hello'", "0", 1, 0x4aef7220, keeps_data},
    {"tcp/data-shut-read/*", "recv", "3 'hel'", "0", 1, 0xbe7fd6f9, keeps_data},
    {"tcp/data-shut-read/*", "recv again", "2 'lo'", "0", 1, 0x4d9dad61, keeps_data},
    {"tcp/data-shut-read/*", "recv again", "1 'h'", "0", 2, 0x38bb770c, keeps_data},
    {"tcp/data-shut-read/*", "recv once more", "1 'e'", "0", 2, 0x14f591a4, keeps_data},
    {"tcp/data-shut-read/*", "recv", "5 '\0\0\0\0\0'", "0", 1, 0x32e782f5, keeps_data},
    {"tcp/data-shut-read/*", "bytes", "5", "0", 1, 0x34fafc7f, keeps_data},
    {"tcp/data-shut-read/*", "peer's recv", "ECONNRESET", "0", 1, 0x8451b4e8, keeps_data},
    {"tcp/*/shutdown-*", "recv", "5 'hello'", "0", 6, 0xe2c19d83, keeps_data},
    // errors
    {"tcp/end-reset/*", "*", "EPIPE", "ECONNRESET", 17, 0xfe90e437, is_reset},
    {"tcp/peer-closed/send", "send again", "EPIPE", "ECONNRESET", 1, 0x80555285, is_reset},
    {"tcp/*/select", "select", "2 read write", "3 read write except", 4, 0xfd34bc3a, exceptional},
    {"udp/*/select", "select", "2 read write", "3 read write except", 2, 0x20f54105, exceptional},
    {"tcp/*/outq", "bytes", "1", "0", 4, 0xd6fc2c84, counts_fin},
    {"tcp/*/bands", "bands", "ERR|HUP", "HUP", 1, 0x766987d3, no_bands},
    {"tcp/*/bands", "bands", "none", "RDBAND", 1, 0x69fe1799, no_bands},
    // datagrams
    {"udp6/*/send-oob", "send", "*", "EOPNOTSUPP", 18, 0x4cb639b9, no_urgent},
    {"udp46/*/send-oob", "send", "EDESTADDRREQ", "EOPNOTSUPP", 6, 0xa588120e, no_urgent},
    {"udp4/shut-*/sendto-*", "sendto", "E*", "EPIPE", 2, 0x19eb73fa, error_first},
    {"udp6/shut-*/sendto-*", "sendto", "E*", "EPIPE", 4, 0x837dce60, error_first},
    {"udp46/shut-*/sendto-*", "sendto", "E*", "EPIPE", 2, 0x19eb73fa, error_first},
    {"udp6/connected-unbound/sendto-family", "sendto", "1", "ENETUNREACH", 1, 0x1a9c35b2, one_family},
    {"udp/dissolved/sendto", "from", "nobody", "* own", 1, 0x97fa812e, keeps_port},
    {"udp/*/bands", "bands", "WRBAND", "none", 15, 0x43d65fb4, no_bands},
    {"udp/*/bands", "bands", "ERR|WRBAND", "ERR", 2, 0xf4c9b391, no_bands},
    {"udp/*/bands", "bands", "HUP|WRBAND", "HUP", 1, 0xdd8495f8, no_bands},
    {"udp/*/connect-port-0", "connect", "0", "EADDRNOTAVAIL", 18, 0x253d5e2b, port_0},
    {"udp/*/connect-port-0", "getpeername", "*", "*", 12, 0x97d513af, port_0},
    {"udp/*/dissolve", "getsockname", "* 0", "* own", 17, 0x29c995d, keeps_port},
    {"udp/dissolved*/getsockname", "getsockname", "* 0", "* own", 2, 0x4eb4b84e, keeps_port},
    {"udp/dissolved*/connect", "getsockname", "* some", "* own", 2, 0xc9abf5fc, keeps_port},
    {"udp/dissolved*/bind", "bind", "0", "EINVAL", 2, 0x6b45d98a, keeps_port},
    {"udp/dissolved/send*", "peer's recv", "EAGAIN", "*", 2, 0xb341c9c2, keeps_port},
    {"play/udp-filter", "recv of dissolved", "EAGAIN", "3 'now'", 1, 0x7001932a, keeps_port},
    {"udp/*/dissolve", "error", "ECONNREFUSED", "0", 2, 0xeaf8dc63, own_wish},
    {"udp/*", "recv*", "EAGAIN", "0", 38, 0xaef13ceb, end_of_file},
    {"udp/*/shutdown-*", "events", "IN|OUT|RDNORM|WRNORM|RDHUP", "OUT|WRNORM", 5, 0x3c8f0b8b, no_effect},
    {"udp/*/shutdown-*", "events", "IN|OUT|HUP|RDNORM|WRNORM|RDHUP", "OUT|WRNORM", 5, 0x5fc07cca, no_effect},
    {"udp/*/shutdown-*", "events", "IN|OUT|RDNORM|WRNORM|RDHUP", "IN|OUT|RDNORM|WRNORM", 1, 0xcc8a4875, no_effect},
    {"udp/*/shutdown-*", "events", "IN|OUT|HUP|RDNORM|WRNORM|RDHUP", "IN|OUT|RDNORM|WRNORM", 1, 0xafdada94, no_effect},
    {"udp4/*/send*", "sendto", "E*", "ECONNREFUSED", 2, 0x9821523f, error_first},
    {"udp6/*/send*", "sendto", "E*", "ECONNREFUSED", 4, 0x1afc13a6, error_first},
    {"udp46/*/send*", "sendto", "E*", "ECONNREFUSED", 2, 0x9821523f, error_first},
    // bind
    {"bind-one/*/tcp*", "getsockname", "0.0.0.0 some", ":: some", 1, 0x5434b9b9, not_a_host},
    {"bind-one/*/udp*", "getsockname", "0.0.0.0 some", ":: some", 1, 0x1fbbd649, not_a_host},
    {"bind-one/*/tcp*", "bind", "0", "EADDRNOTAVAIL", 4, 0x59989144, not_a_host},
    {"bind-one/*/tcp*", "getsockname", "other some", "0.0.0.0 0", 2, 0xe5996182, not_a_host},
    {"bind-one/*/tcp*", "bind again", "EINVAL", "EADDRNOTAVAIL", 4, 0xb2928a84, not_a_host},
    {"bind-one/*/tcp*", "getsockname", "other some", ":: 0", 2, 0xce8dfc92, not_a_host},
    {"bind-one/*/tcp*", "v6 only", "EINVAL", "0", 2, 0x3aa2e54c, not_a_host},
    // options
    {"option/*/OOBINLINE", "at first", "0", "1", 2, 0x55246928, in_line},
    {"option/*", "*", "EOPNOTSUPP", "ENOPROTOOPT", 118, 0x5be82a7b, no_option},
    {"option/*", "*", "*", "ENOPROTOOPT", 188, 0x36f77c33, not_there},
    {"option/*", "set *", "0", "EINVAL", 10, 0x175dd486, out_of_range},
    {"option/*/TOS", "get after 256", "0", "252", 2, 0x8ad7a952, out_of_range},
    {"option/*/MAXSEG", "get after 0", "536", "1460", 2, 0x9e4e721a, out_of_range},
    {"option/*/TOS", "get after 256", "0", "255", 2, 0xb8e098a, out_of_range},
    {"option/*/UNICAST_HOPS", "get after 0", "0", "255", 2, 0x2686befe, out_of_range},
    {"option/*/UNICAST_HOPS", "get after 256", "0", "255", 2, 0x49b71b64, out_of_range},
    {"option/*/UNICAST_HOPS", "get after -2", "0", "255", 2, 0xb491072c, out_of_range},
    {"option/*/MULTICAST_LOOP6", "set 2", "EINVAL", "0", 1, 0x5ea316b0, out_of_range},
    {"option-size/*", "get*", "EOPNOTSUPP", "ENOPROTOOPT", 189, 0xc92c067f, no_option},
    {"option-size/*", "get*", "*", "ENOPROTOOPT", 210, 0x1ae3777c, not_there},
    {"option-size/*", "get*", "*", "EINVAL", 322, 0x3cd71cea, not_cut},
    {"option-size/*", "set*", "ENOPROTOOPT", "EINVAL", 192, 0xf120acde, size_first},
    {"option-size/*", "set*", "0", "EINVAL", 44, 0xfbf9752a, not_cut},
    {"option-size/*", "set*", "*", "ENOPROTOOPT", 63, 0x7fd4a08b, not_there},
    {"struct/linger/udp", "*", "*", "ENOPROTOOPT", 10, 0xd2277397, not_there},
    {"struct/linger/tcp", "get", "0 100", "0 0", 1, 0x58716038, forgets},
    {"struct/linger/tcp", "get too short", "0", "EINVAL", 1, 0xcb206078, not_cut},
    {"socket/*", "socket", "EINVAL", "E*", 42, 0x8d5979d1, order_of_checks},
};

constexpr std::string_view bound_already = "ESP-IDF's programs set IPV6_V6ONLY of a socket that is bound; it changes nothing then";
constexpr std::string_view one_byte = "ESP-IDF's programs give options of IPv6 one byte";
constexpr std::string_view send_buffer = "the number is TCP_SNDBUF's in ESP-IDF 2";
constexpr std::string_view not_looped = "lwIP gives groups no copy for this host unless asked";

// Between ours and the same by the names of lwip/sockets.h.
constexpr Difference of_names[] = {
    {"bind-one/*/udp6*", "v6 only", "EINVAL", "0", 9, 0x1ad94d5f, bound_already},
    {"option/*/MULTICAST_LOOP*", "at first", "1", "0", 3, 0x7f7c3e5d, not_looped},
    {"option/*/SYNCNT", "set*", "EINVAL", "0", 6, 0x679a9c6c, send_buffer},
    {"option/*/SYNCNT", "get*", "*", "*", 10, 0x44772c3a, send_buffer},
    {"option-size/*", "set of size 1", "EINVAL", "0", 8, 0xbd4adf82, one_byte},
    {"option-size/*", "set of size 1", "EINVAL", "ENOPROTOOPT", 16, 0x057136b6, one_byte},
};

}  // namespace

std::span<const Difference> differences() { return table; }
std::span<const Difference> lwip_differences() { return of_names; }

}  // namespace linnet::conformance
