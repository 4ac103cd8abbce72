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

constexpr Difference table[] = {
    // connect
    {"tcp/listening*/connect*", "connect*", "EISCONN", "EOPNOTSUPP", 0, refuses_listener},
    {"tcp/*/connect*", "connect*", "E*", "EINPROGRESS", 0, begins_again},
    {"tcp/*/connect*", "connect*", "EISCONN", "E*", 0, begins_again},
    {"tcp/*/connect*", "connect*", "E*", "EALREADY", 0, begins_again},
    {"tcp/*/connect*", "connect*", "EINPROGRESS", "E*", 0, begins_again},
    {"tcp/*/connect", "connect*", "EISCONN", "0", 0, begins_again},
    {"tcp/*/connect-family", "connect", "E*", "EAFNOSUPPORT", 0, begins_again},
    {"tcp/*/connect-ask", "error", "*", "*", 0, begins_again},
    {"tcp/*/connect-ask", "events", "*", "*", 0, begins_again},
    // dissolve
    {"tcp/*/dissolve", "events", "OUT|ERR|HUP|WRNORM", "OUT|HUP|WRNORM", 0, own_wish},
    {"tcp/*/dissolve", "send", "E*", "ENOTCONN", 0, not_connected},
    {"tcp/dissolved/*", "*", "ECONNRESET", "ENOTCONN", 0, own_wish},
    {"tcp/dissolved/error", "error", "ECONNRESET", "0", 0, own_wish},
    {"tcp/dissolved/poll", "*", "*ERR|HUP*", "*HUP*", 0, own_wish},
    {"tcp/dissolved/shutdown-*", "events", "*ERR|HUP*", "OUT|HUP|WRNORM", 0, own_wish},
    {"tcp/dissolved/getsockname", "getsockname", "* own", "* 0", 0, own_wish},
    {"tcp/dissolved/outq", "bytes", "*", "0", 0, own_wish},
    // sockets that are not connected
    {"tcp/*/send*", "send*", "EPIPE", "ENOTCONN", 0, not_connected},
    {"tcp/*/shutdown-*", "send", "EPIPE", "ENOTCONN", 0, not_connected},
    {"tcp/*/shutdown-*", "recv", "0", "ENOTCONN", 0, no_effect},
    {"tcp/*/shutdown-*", "events", "IN|OUT|HUP|RDNORM|WRNORM|RDHUP", "OUT|HUP|WRNORM", 0, no_effect},
    {"tcp/*/recv-oob*", "recv", "EINVAL", "ENOTCONN", 0, not_connected},
    // shutdown while connecting
    {"tcp/connecting/shutdown-*", "shutdown", "0", "ENOTCONN", 0, goes_on},
    {"tcp/connecting/shutdown-*", "events", "OUT|ERR|HUP|WRNORM", "none", 0, goes_on},
    {"tcp/connecting/shutdown-*", "recv", "ECONNRESET", "EAGAIN", 0, goes_on},
    {"tcp/connecting/shutdown-*", "send", "EPIPE", "EAGAIN", 0, goes_on},
    // reading
    {"tcp/*/recv-nothing", "*", "E*", "0", 0, read_nothing},
    {"tcp/*/recv-nothing", "events", "IN|OUT|HUP|RDNORM|WRNORM|RDHUP", "IN|OUT|ERR|HUP|RDNORM|WRNORM|RDHUP",
     0, read_nothing},
    {"tcp/connecting/send-nothing", "send", "EAGAIN", "0", 0, read_nothing},
    {"tcp/data-shut-read/*", "*", "*", "0", 0, keeps_data},
    {"tcp/*/shutdown-*", "recv", "5 'hello'", "0", 0, keeps_data},
    // errors
    {"tcp/end-reset/*", "*", "EPIPE", "ECONNRESET", 0, is_reset},
    {"tcp/peer-closed/send", "send again", "EPIPE", "ECONNRESET", 0, is_reset},
    {"*/select", "select", "2 read write", "3 read write except", 0, exceptional},
    {"tcp/*/outq", "bytes", "1", "0", 0, counts_fin},
    {"tcp/*/bands", "bands", "*", "*", 0, no_bands},
    // datagrams
    {"udp/*/bands", "bands", "*", "*", 0, no_bands},
    {"udp/*/connect-port-0", "connect", "0", "EADDRNOTAVAIL", 0, port_0},
    {"udp/*/connect-port-0", "getpeername", "*", "*", 0, port_0},
    {"udp/*/dissolve", "getsockname", "* 0", "* own", 0, keeps_port},
    {"udp/dissolved*/getsockname", "getsockname", "* 0", "* own", 0, keeps_port},
    {"udp/dissolved*/connect", "getsockname", "* some", "* own", 0, keeps_port},
    {"udp/dissolved*/bind", "bind", "0", "EINVAL", 0, keeps_port},
    {"udp/dissolved/send*", "peer's recv", "EAGAIN", "*", 0, keeps_port},
    {"play/udp-filter", "recv of dissolved", "EAGAIN", "3 'now'", 0, keeps_port},
    {"udp/*/dissolve", "error", "ECONNREFUSED", "0", 0, own_wish},
    {"udp/*", "recv*", "EAGAIN", "0", 0, end_of_file},
    {"udp/*/shutdown-*", "events", "*", "*", 0, no_effect},
    {"udp/*/send*", "sendto", "E*", "ECONNREFUSED", 0, error_first},
    // bind
    {"bind-one/*", "*", "*", "*", 0, not_a_host},
    // options
    {"option/*", "at first", "0", "1", 0, in_line},
    {"option/*", "*", "EOPNOTSUPP", "ENOPROTOOPT", 0, no_option},
    {"option/*", "*", "*", "ENOPROTOOPT", 0, not_there},
    {"option/*", "set *", "0", "EINVAL", 0, out_of_range},
    {"option/*", "*", "*", "*", 0, out_of_range},
    {"option-size/*", "get*", "EOPNOTSUPP", "ENOPROTOOPT", 0, no_option},
    {"option-size/*", "get*", "*", "ENOPROTOOPT", 0, not_there},
    {"option-size/*", "get*", "*", "EINVAL", 0, not_cut},
    {"option-size/*", "set*", "ENOPROTOOPT", "EINVAL", 0, size_first},
    {"option-size/*", "set*", "0", "EINVAL", 0, not_cut},
    {"option-size/*", "set*", "*", "ENOPROTOOPT", 0, not_there},
    {"struct/linger/udp", "*", "*", "ENOPROTOOPT", 0, not_there},
    {"struct/linger/tcp", "get", "0 100", "0 0", 0, forgets},
    {"struct/linger/tcp", "get too short", "0", "EINVAL", 0, not_cut},
    {"socket/*", "socket", "EINVAL", "E*", 0, order_of_checks},
};

}  // namespace

std::span<const Difference> differences() { return table; }

}  // namespace linnet::conformance
