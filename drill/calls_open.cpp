// SPDX-License-Identifier: Apache-2.0
// Calls that open, name, connect and close.
#include "drill/calls.hpp"
#include "drill/symbols.hpp"
#include "sockets/constants.hpp"
#include "sockets/errno.hpp"

namespace linnet::drill {

Calls::Result Calls::not_here(const SystemCall& call) { unsupported("the system call " + call.name); }

Calls::Result Calls::socket(const SystemCall& call) {
  const Expression& domain = call.arguments[0];
  const int usual = settings_.ip_version == IpVersion::ipv4 ? sockets::af::inet : sockets::af::inet6;
  const int family = domain.is_ellipsis() ? usual : static_cast<int>(value(domain));
  const int type = static_cast<int>(value(call.arguments[1]));
  const int live = machine_.sockets().socket(family, type, static_cast<int>(value(call.arguments[2])));
  if (live < 0) return live;
  constexpr int flags = sockets::sock::nonblock | sockets::sock::cloexec;
  const int kind = type & ~flags;
  const Protocol protocol = kind == sockets::sock::stream  ? Protocol::tcp
                            : kind == sockets::sock::dgram ? Protocol::udp
                                                           : Protocol::icmp;
  flows_.add(protocol).fd = live;
  return live;
}

Calls::Result Calls::bind(const SystemCall& call) {
  const int live = fd(call.arguments[0]);
  const auto local = endpoint(call.arguments[1], {settings_.local(), settings_.bind_port});
  if (!local) unsupported("bind to AF_UNSPEC");
  const int result = machine_.sockets().bind(live, *local);
  Flow* flow = flows_.find_descriptor(live);
  if (result == 0 && flow != nullptr)
    static_cast<void>(machine_.sockets().getsockname(live, flow->ends.source));
  return result;
}

Calls::Result Calls::listen(const SystemCall& call) {
  const int live = fd(call.arguments[0]);
  const int backlog = static_cast<int>(value(call.arguments[1]));
  if (fast_open_listeners_ &&
      machine_.sockets().option(live, sockets::ipproto::tcp, sockets::tcp_option::fast_open) == 0) {
    static_cast<void>(machine_.sockets().setsockopt(live, sockets::ipproto::tcp, sockets::tcp_option::fast_open,
                                                    &backlog, sizeof backlog));
  }
  const int result = machine_.sockets().listen(live, backlog);
  Flow* flow = flows_.find_descriptor(live);
  if (result != 0 || flow == nullptr) return result;
  static_cast<void>(machine_.sockets().getsockname(live, flow->ends.source));
  flow->state = FlowState::listening;
  return result;
}

Calls::Result Calls::accept(const SystemCall& call) {
  const int live = machine_.sockets().accept(fd(call.arguments[0]));
  if (live < 0) return live;
  Addresses ends;
  static_cast<void>(machine_.sockets().getsockname(live, ends.source));
  if (const auto status = machine_.sockets().status(live)) ends.destination = status->remote;
  if (Flow* flow = flows_.find_ends(Protocol::tcp, ends)) flow->fd = live;
  return live;
}

Calls::Result Calls::connect(const SystemCall& call) {
  const int live = fd(call.arguments[0]);
  const auto remote = endpoint(call.arguments[1], {settings_.remote(), settings_.connect_port});
  Flow* flow = flows_.find_descriptor(live);
  const bool stream = flow != nullptr && flow->protocol == Protocol::tcp;
  if (!remote) {
    const int result = machine_.sockets().connect(live, {});
    if (result != 0 || !stream) return result;
    flow->fd = -1;  // its packets may still come; what the socket connects to next is another
    flows_.add(Protocol::tcp).fd = live;
    return result;
  }
  if (stream && flow->state == FlowState::fresh) {
    flow->ends.destination = *remote;
    flow->state = FlowState::connecting;
    flows_.make_current(*flow);
  }
  const int result = machine_.sockets().connect(live, *remote);
  if (flow != nullptr && !stream && result == 0) {
    flow->ends.destination = *remote;
    static_cast<void>(machine_.sockets().getsockname(live, flow->ends.source));
    flow->state = FlowState::open;
  }
  return result;
}

Calls::Result Calls::close(const SystemCall& call) {
  const int number = static_cast<int>(value(call.arguments[0]));
  if (epolls_.erase(number) != 0) return 0;
  const int live = fd(call.arguments[0]);
  for (auto& [other, instance] : epolls_) instance.forget(live);
  const int result = machine_.sockets().close(live);
  descriptors_.erase(number);
  if (Flow* flow = flows_.find_descriptor(live)) {
    flow->fd = -1;
    if (flow->state == FlowState::listening) flow->state = FlowState::fresh;
  }
  return result;
}

Calls::Result Calls::shutdown(const SystemCall& call) {
  return machine_.sockets().shutdown(fd(call.arguments[0]), static_cast<int>(value(call.arguments[1])));
}

}  // namespace linnet::drill
