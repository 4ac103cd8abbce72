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
    {"tcp/listening*/connect*", "connect*", "EISCONN", "EOPNOTSUPP", 12, refuses_listener},
    {"tcp4/*/connect*", "connect*", "E*", "EINPROGRESS", 13, begins_again},
    {"tcp6/*/connect*", "connect*", "E*", "EINPROGRESS", 16, begins_again},
    {"tcp46/*/connect*", "connect*", "E*", "EINPROGRESS", 16, begins_again},
    {"tcp4/*/connect*", "connect*", "EISCONN", "E*", 17, begins_again},
    {"tcp6/*/connect*", "connect*", "EISCONN", "E*", 15, begins_again},
    {"tcp46/*/connect*", "connect*", "EISCONN", "E*", 15, begins_again},
    {"tcp/*/connect*", "connect*", "E*", "EALREADY", 1, begins_again},
    {"tcp/*/connect*", "connect*", "EINPROGRESS", "E*", 1, begins_again},
    {"tcp/*/connect", "connect*", "EISCONN", "0", 2, begins_again},
    {"tcp4/*/connect-family", "connect", "E*", "EAFNOSUPPORT", 1, begins_again},
    {"tcp/*/connect-ask", "error", "0", "ECONNREFUSED", 1, begins_again},
    {"tcp/*/connect-ask", "error", "ECONNRESET", "0", 2, begins_again},
    {"tcp/*/connect-ask", "error", "EPIPE", "0", 1, begins_again},
    {"tcp/*/connect-ask", "events", "OUT|HUP|WRNORM", "IN|OUT|ERR|HUP|RDNORM|WRNORM|RDHUP", 1, begins_again},
    {"tcp/*/connect-ask", "events", "IN|OUT|ERR|HUP|RDNORM|WRNORM|RDHUP", "OUT|HUP|WRNORM", 3, begins_again},
    {"tcp/*/connect-ask", "events", "IN|OUT|HUP|RDNORM|WRNORM|RDHUP", "OUT|WRNORM", 2, begins_again},
    // dissolve
    {"tcp/*/dissolve", "events", "OUT|ERR|HUP|WRNORM", "OUT|HUP|WRNORM", 18, own_wish},
    {"tcp/*/dissolve", "send", "E*", "ENOTCONN", 26, not_connected},
    {"tcp/dissolved/*", "*", "ECONNRESET", "ENOTCONN", 18, own_wish},
    {"tcp/dissolved/error", "error", "ECONNRESET", "0", 1, own_wish},
    {"tcp/dissolved/poll", "*", "*ERR|HUP*", "*HUP*", 3, own_wish},
    {"tcp/dissolved/shutdown-*", "events", "*ERR|HUP*", "OUT|HUP|WRNORM", 3, own_wish},
    {"tcp/dissolved/getsockname", "getsockname", "* own", "* 0", 1, own_wish},
    {"tcp/dissolved/outq", "bytes", "*", "0", 1, own_wish},
    // sockets that are not connected
    {"tcp/*/send*", "send*", "EPIPE", "ENOTCONN", 29, not_connected},
    {"tcp/*/shutdown-*", "send", "EPIPE", "ENOTCONN", 15, not_connected},
    {"tcp/*/shutdown-*", "recv", "0", "ENOTCONN", 4, no_effect},
    {"tcp/*/shutdown-*", "events", "IN|OUT|HUP|RDNORM|WRNORM|RDHUP", "OUT|HUP|WRNORM", 4, no_effect},
    {"tcp/*/recv-oob*", "recv", "EINVAL", "ENOTCONN", 6, not_connected},
    // shutdown while connecting
    {"tcp/connecting/shutdown-*", "shutdown", "0", "ENOTCONN", 5, goes_on},
    {"tcp/connecting/shutdown-*", "events", "OUT|ERR|HUP|WRNORM", "none", 3, goes_on},
    {"tcp/connecting/shutdown-*", "recv", "ECONNRESET", "EAGAIN", 3, goes_on},
    {"tcp/connecting/shutdown-*", "send", "EPIPE", "EAGAIN", 3, goes_on},
    // reading
    {"tcp/*/recv-nothing", "*", "E*", "0", 7, read_nothing},
    {"tcp/*/recv-nothing", "events", "IN|OUT|HUP|RDNORM|WRNORM|RDHUP", "IN|OUT|ERR|HUP|RDNORM|WRNORM|RDHUP",
     2, read_nothing},
    {"tcp/connecting/send-nothing", "send", "EAGAIN", "0", 1, read_nothing},
    {"tcp/data-shut-read/*", "recv", "5 'hello'", "0", 7, keeps_data},
    {"tcp/data-shut-read/*", "recv again", "5 'hello'", "0", 1, keeps_data},
    {"tcp/data-shut-read/*", "recv", "3 'hel'", "0", 1, keeps_data},
    {"tcp/data-shut-read/*", "recv again", "2 'lo'", "0", 1, keeps_data},
    {"tcp/data-shut-read/*", "recv again", "1 'h'", "0", 2, keeps_data},
    {"tcp/data-shut-read/*", "recv once more", "1 'e'", "0", 2, keeps_data},
    {"tcp/data-shut-read/*", "recv", "5 '\0\0\0\0\0'", "0", 1, keeps_data},
    {"tcp/data-shut-read/*", "bytes", "5", "0", 1, keeps_data},
    {"tcp/data-shut-read/*", "peer's recv", "ECONNRESET", "0", 1, keeps_data},
    {"tcp/*/shutdown-*", "recv", "5 'hello'", "0", 6, keeps_data},
    // errors
    {"tcp/end-reset/*", "*", "EPIPE", "ECONNRESET", 17, is_reset},
    {"tcp/peer-closed/send", "send again", "EPIPE", "ECONNRESET", 1, is_reset},
    {"tcp/*/select", "select", "2 read write", "3 read write except", 4, exceptional},
    {"udp/*/select", "select", "2 read write", "3 read write except", 2, exceptional},
    {"tcp/*/outq", "bytes", "1", "0", 4, counts_fin},
    {"tcp/*/bands", "bands", "ERR|HUP", "HUP", 1, no_bands},
    {"tcp/*/bands", "bands", "none", "RDBAND", 1, no_bands},
    // datagrams
    {"udp6/*/send-oob", "send", "*", "EOPNOTSUPP", 18, no_urgent},
    {"udp46/*/send-oob", "send", "EDESTADDRREQ", "EOPNOTSUPP", 6, no_urgent},
    {"udp4/shut-*/sendto-*", "sendto", "E*", "EPIPE", 2, error_first},
    {"udp6/shut-*/sendto-*", "sendto", "E*", "EPIPE", 4, error_first},
    {"udp46/shut-*/sendto-*", "sendto", "E*", "EPIPE", 2, error_first},
    {"udp6/connected-unbound/sendto-family", "sendto", "1", "ENETUNREACH", 1, one_family},
    {"udp/dissolved/sendto", "from", "nobody", "* own", 1, keeps_port},
    {"udp/*/bands", "bands", "WRBAND", "none", 15, no_bands},
    {"udp/*/bands", "bands", "ERR|WRBAND", "ERR", 2, no_bands},
    {"udp/*/bands", "bands", "HUP|WRBAND", "HUP", 1, no_bands},
    {"udp/*/connect-port-0", "connect", "0", "EADDRNOTAVAIL", 18, port_0},
    {"udp/*/connect-port-0", "getpeername", "*", "*", 12, port_0},
    {"udp/*/dissolve", "getsockname", "* 0", "* own", 17, keeps_port},
    {"udp/dissolved*/getsockname", "getsockname", "* 0", "* own", 2, keeps_port},
    {"udp/dissolved*/connect", "getsockname", "* some", "* own", 2, keeps_port},
    {"udp/dissolved*/bind", "bind", "0", "EINVAL", 2, keeps_port},
    {"udp/dissolved/send*", "peer's recv", "EAGAIN", "*", 2, keeps_port},
    {"play/udp-filter", "recv of dissolved", "EAGAIN", "3 'now'", 1, keeps_port},
    {"udp/*/dissolve", "error", "ECONNREFUSED", "0", 2, own_wish},
    {"udp/*", "recv*", "EAGAIN", "0", 38, end_of_file},
    {"udp/*/shutdown-*", "events", "IN|OUT|RDNORM|WRNORM|RDHUP", "OUT|WRNORM", 5, no_effect},
    {"udp/*/shutdown-*", "events", "IN|OUT|HUP|RDNORM|WRNORM|RDHUP", "OUT|WRNORM", 5, no_effect},
    {"udp/*/shutdown-*", "events", "IN|OUT|RDNORM|WRNORM|RDHUP", "IN|OUT|RDNORM|WRNORM", 1, no_effect},
    {"udp/*/shutdown-*", "events", "IN|OUT|HUP|RDNORM|WRNORM|RDHUP", "IN|OUT|RDNORM|WRNORM", 1, no_effect},
    {"udp4/*/send*", "sendto", "E*", "ECONNREFUSED", 2, error_first},
    {"udp6/*/send*", "sendto", "E*", "ECONNREFUSED", 4, error_first},
    {"udp46/*/send*", "sendto", "E*", "ECONNREFUSED", 2, error_first},
    // bind
    {"bind-one/*/tcp*", "getsockname", "0.0.0.0 some", ":: some", 1, not_a_host},
    {"bind-one/*/udp*", "getsockname", "0.0.0.0 some", ":: some", 1, not_a_host},
    {"bind-one/*/tcp*", "bind", "0", "EADDRNOTAVAIL", 4, not_a_host},
    {"bind-one/*/tcp*", "getsockname", "other some", "0.0.0.0 0", 2, not_a_host},
    {"bind-one/*/tcp*", "bind again", "EINVAL", "EADDRNOTAVAIL", 4, not_a_host},
    {"bind-one/*/tcp*", "getsockname", "other some", ":: 0", 2, not_a_host},
    {"bind-one/*/tcp*", "v6 only", "EINVAL", "0", 2, not_a_host},
    // options
    {"option/*/OOBINLINE", "at first", "0", "1", 2, in_line},
    {"option/*", "*", "EOPNOTSUPP", "ENOPROTOOPT", 118, no_option},
    {"option/*", "*", "*", "ENOPROTOOPT", 188, not_there},
    {"option/*", "set *", "0", "EINVAL", 10, out_of_range},
    {"option/*/TOS", "get after 256", "0", "252", 2, out_of_range},
    {"option/*/MAXSEG", "get after 0", "536", "1460", 2, out_of_range},
    {"option/*/TOS", "get after 256", "0", "255", 2, out_of_range},
    {"option/*/UNICAST_HOPS", "get after 0", "0", "255", 2, out_of_range},
    {"option/*/UNICAST_HOPS", "get after 256", "0", "255", 2, out_of_range},
    {"option/*/UNICAST_HOPS", "get after -2", "0", "255", 2, out_of_range},
    {"option/*/MULTICAST_LOOP6", "set 2", "EINVAL", "0", 1, out_of_range},
    {"option-size/*", "get*", "EOPNOTSUPP", "ENOPROTOOPT", 189, no_option},
    {"option-size/*", "get*", "*", "ENOPROTOOPT", 210, not_there},
    {"option-size/*", "get*", "*", "EINVAL", 322, not_cut},
    {"option-size/*", "set*", "ENOPROTOOPT", "EINVAL", 192, size_first},
    {"option-size/*", "set*", "0", "EINVAL", 44, not_cut},
    {"option-size/*", "set*", "*", "ENOPROTOOPT", 63, not_there},
    {"struct/linger/udp", "*", "*", "ENOPROTOOPT", 10, not_there},
    {"struct/linger/tcp", "get", "0 100", "0 0", 1, forgets},
    {"struct/linger/tcp", "get too short", "0", "EINVAL", 1, not_cut},
    {"socket/*", "socket", "EINVAL", "E*", 42, order_of_checks},
};

}  // namespace

std::span<const Difference> differences() { return table; }

}  // namespace linnet::conformance
