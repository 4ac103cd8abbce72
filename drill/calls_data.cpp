// SPDX-License-Identifier: Apache-2.0
// Calls that carry bytes.
#include <algorithm>
#include <numeric>

#include "drill/calls.hpp"
#include "sockets/constants.hpp"

namespace linnet::drill {

/// What a call sends: `...` is zeros, a string its own bytes and zeros behind them.
Bytes Calls::content(const Expression& buffer, std::size_t size) {
  buffer_.assign(size, 0);
  if (buffer.is(ExpressionKind::string)) {
    std::copy_n(buffer.text.begin(), std::min(size, buffer.text.size()), buffer_.begin());
  } else if (!buffer.is_ellipsis()) {
    unsupported("the buffer '" + buffer.str() + "'");
  }
  return buffer_;
}

MutableBytes Calls::room(std::size_t size) {
  buffer_.assign(size, 0);
  return buffer_;
}

void Calls::check_content(const Expression& buffer, MutableBytes got, Result result) const {
  if (buffer.is_ellipsis()) return;
  if (!buffer.is(ExpressionKind::string)) unsupported("the buffer '" + buffer.str() + "'");
  if (result < 0) return;
  const std::string_view text(reinterpret_cast<const char*>(got.data()), static_cast<std::size_t>(result));
  const bool same = buffer.open_end ? text.starts_with(buffer.text) : text == buffer.text;
  if (!same) mismatch("expected the bytes " + buffer.str() + ", got others");
}

/// [{..., 100}, {..., 200}]: room of zeros for each part, one behind the other. The bytes are not looked at.
std::vector<MutableBytes> Calls::vector(const Expression& list) {
  if (!list.is(ExpressionKind::list)) wrong("'" + list.str() + "' is no list of {..., size}");
  std::vector<std::size_t> sizes;
  for (const Expression& part : list.items) {
    if (!part.is(ExpressionKind::structure) || part.items.size() != 2)
      wrong("'" + part.str() + "' is not {..., size}");
    if (!part.items[0].is_ellipsis()) unsupported("the buffer '" + part.items[0].str() + "' of a vector");
    sizes.push_back(size(part.items[1]));
  }
  MutableBytes rest = room(std::accumulate(sizes.begin(), sizes.end(), std::size_t{0}));
  std::vector<MutableBytes> parts;
  for (const std::size_t part : sizes) {
    parts.push_back(rest.first(part));
    rest = rest.subspan(part);
  }
  return parts;
}

/// The same for readv and writev, which say how many parts there are.
std::vector<MutableBytes> Calls::counted_vector(const SystemCall& call) {
  std::vector<MutableBytes> parts = vector(call.arguments[1]);
  if (size(call.arguments[2]) != parts.size()) wrong(call.name + ": the list holds another number of parts");
  return parts;
}

/// The parts of a message header; of control messages there must be none.
std::vector<MutableBytes> Calls::message_vector(const Expression& header, const std::string& form) {
  const Expression* parts = header.field("msg_iov");
  if (parts == nullptr) wrong(form);
  const Expression* control = header.field("msg_control");
  if (control != nullptr && !control->is_ellipsis() && !control->items.empty())
    unsupported("control messages: " + control->items[0].str());
  return vector(*parts);
}

Calls::Result Calls::read(const SystemCall& call) {
  const MutableBytes to = room(size(call.arguments[2]));
  const Result result = machine_.sockets().recv(fd(call.arguments[0]), to);
  check_content(call.arguments[1], to, result);
  return result;
}

Calls::Result Calls::recv(const SystemCall& call) {
  const MutableBytes to = room(size(call.arguments[2]));
  const Result result =
      machine_.sockets().recv(fd(call.arguments[0]), to, static_cast<int>(value(call.arguments[3])));
  check_content(call.arguments[1], to, result);
  return result;
}

Calls::Result Calls::recvfrom(const SystemCall& call) {
  for (std::size_t i = 4; i < 6; ++i) {
    const Expression& argument = call.arguments[i];
    const bool null = argument.is(ExpressionKind::integer) || argument.is(ExpressionKind::word);
    if (!argument.is_ellipsis() && !null) unsupported("the address of recvfrom");
  }
  const MutableBytes to = room(size(call.arguments[2]));
  const Result result = machine_.sockets().recvfrom(fd(call.arguments[0]), to,
                                                    static_cast<int>(value(call.arguments[3])), nullptr);
  check_content(call.arguments[1], to, result);
  return result;
}

Calls::Result Calls::readv(const SystemCall& call) {
  return machine_.sockets().readv(fd(call.arguments[0]), counted_vector(call));
}

Calls::Result Calls::recvmsg(const SystemCall& call) {
  const Expression& header = call.arguments[1];
  const Expression* flags = header.field("msg_flags");
  const std::vector<MutableBytes> parts =
      message_vector(header, "recvmsg wants {msg_name(...)=..., msg_iov(n)=[...], msg_flags=...}");
  sockets::ReceiveMessage message;
  message.parts = parts;
  const Result result =
      machine_.sockets().recvmsg(fd(call.arguments[0]), message, static_cast<int>(value(call.arguments[2])));
  if (result >= 0 && flags != nullptr) check_value(*flags, message.flags, "msg_flags");
  return result;
}

Calls::Result Calls::write(const SystemCall& call) {
  return machine_.sockets().send(fd(call.arguments[0]), content(call.arguments[1], size(call.arguments[2])));
}

Calls::Result Calls::send(const SystemCall& call) {
  return machine_.sockets().send(fd(call.arguments[0]), content(call.arguments[1], size(call.arguments[2])),
                                 static_cast<int>(value(call.arguments[3])));
}

/// What is sent to an address, by UDP or with MSG_FASTOPEN, begins a conversation.
void Calls::towards(int live, const Endpoint& to) {
  Flow* flow = flows_.find_descriptor(live);
  if (flow == nullptr || flow->state != FlowState::fresh) return;
  flow->ends.destination = to;
  flow->state = FlowState::connecting;
  if (flow->protocol == Protocol::tcp) flows_.make_current(*flow);
}

Calls::Result Calls::sendto(const SystemCall& call) {
  const int live = fd(call.arguments[0]);
  // The usual address: of a conversation that has begun, the other side's.
  const Flow* flow = flows_.find_descriptor(live);
  const bool answers = flow != nullptr && flow->protocol == Protocol::udp && flow->state == FlowState::open;
  const auto to = endpoint(call.arguments[4], answers ? flow->ends.destination
                                                      : Endpoint{settings_.remote(), settings_.connect_port});
  if (to) towards(live, *to);
  const bool stream = flow != nullptr && flow->protocol == Protocol::tcp;
  const Endpoint named = to.value_or(Endpoint{});  // AF_UNSPEC
  return machine_.sockets().sendto(live, content(call.arguments[1], size(call.arguments[2])),
                                   static_cast<int>(value(call.arguments[3])), to || stream ? &named : nullptr);
}

Calls::Result Calls::writev(const SystemCall& call) {
  const std::vector<MutableBytes> parts = counted_vector(call);
  return machine_.sockets().writev(fd(call.arguments[0]), std::vector<Bytes>(parts.begin(), parts.end()));
}

Calls::Result Calls::sendmsg(const SystemCall& call) {
  const std::vector<MutableBytes> room =
      message_vector(call.arguments[1], "sendmsg wants {msg_name(...)=..., msg_iov(n)=[...], msg_flags=...}");
  const std::vector<Bytes> parts(room.begin(), room.end());
  const int live = fd(call.arguments[0]);
  const int flags = static_cast<int>(value(call.arguments[2]));
  const Endpoint to{settings_.remote(), settings_.connect_port};
  const bool opens = (flags & sockets::msg::fast_open) != 0;
  if (opens) towards(live, to);
  return machine_.sockets().sendmsg(live, {.parts = parts, .to = opens ? &to : nullptr}, flags);
}

}  // namespace linnet::drill
