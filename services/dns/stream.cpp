// SPDX-License-Identifier: Apache-2.0
// The exchange by TCP (RFC 7766) about what UDP brought truncated: one connection for one question, which
// ends with the answer. What arrives stays in the connection's queue until the message is there.
#include <algorithm>

#include "services/dns/resolver.hpp"

namespace linnet::dns {

namespace {

constexpr std::size_t length_size = 2;    // RFC 7766 8: in front of each message
constexpr std::uint32_t service_tag = 0;  // no descriptor's: whoever drives the stack polls the services then

}  // namespace

/// Once for each server. The UDP socket stays open: anybody could say "truncated", and must not keep the true
/// answer out with it.
void Resolver::open_stream(Question& question, Instant now) {
  if (question.streamed) return;
  question.streamed = true;
  question.stream_asked = false;
  const auto connection = stack_.tcp().connect({}, {servers_[question.server], server_port}, {}, now);
  if (!connection) {
    question.failed = question.any_failed = true;
    return;
  }
  question.connection = *connection;
  stack_.tcp().set_tag(*connection, service_tag);
  question.due = std::max(question.due, now + config_.stream_wait);
}

void Resolver::close_stream(Question& question) {
  if (question.connection) stack_.tcp().abort(question.connection, now_);
  question.connection = {};
}

/// The server's turn ends after a gap, which leaves the true answer by UDP some time.
void Resolver::lose_stream(Question& question, Instant now) {
  if (!question.connection) return;
  close_stream(question);
  question.failed = question.any_failed = true;
  question.due = std::min(question.due, now + config_.first_gap);
}

/// False when the connection did not take it: a send buffer that is too small is a loss, too.
bool Resolver::ask_by_stream(const Name& name, Question& question, Instant now) {
  const Bytes query = write_query(buffer_.subspan(length_size), question.id, name, question.record_type,
                                  {.capitals = question.capitals});
  store16(buffer_.data(), static_cast<std::uint16_t>(query.size()));
  const Bytes message = buffer_.first(length_size + query.size());
  question.stream_asked = true;
  const auto sent = stack_.tcp().send(question.connection, message, {}, now);
  return sent && *sent == message.size();
}

/// Takes the connection one step further. Of an answer larger than the buffer, its beginning serves.
void Resolver::converse(Lookup& lookup, Question& question, Instant now) {
  if (!question.connection) return;
  tcp::Tcp& tcp = stack_.tcp();
  const auto status = tcp.status(question.connection);
  if (!status || status->state == tcp::State::closed) return lose_stream(question, now);
  if (status->state == tcp::State::syn_sent || status->state == tcp::State::syn_received) return;
  if (!question.stream_asked && !ask_by_stream(lookup.name, question, now)) return lose_stream(question, now);

  const std::size_t there = status->receive_queue;
  const bool ended = status->state != tcp::State::established;  // the server has said all
  std::array<std::uint8_t, length_size> length{};
  const auto peeked = there < length_size ? Result<std::size_t, tcp::Error>(std::size_t{0})
                                          : tcp.receive(question.connection, length, true, now);
  const bool has_length = peeked && *peeked == length_size;
  const std::size_t size = load16(length.data());
  const std::size_t wanted = std::min(size, buffer_.size());
  if (!has_length || there - length_size < wanted) {
    if (ended) lose_stream(question, now);
    return;
  }
  const auto taken = tcp.receive(question.connection, buffer_.first(wanted), true, now, length_size);
  const Bytes message = buffer_.first(taken ? *taken : 0);
  const Response response = read_response(message, wanted < size, question.id, lookup.name,
                                          question.record_type, question.capitals);
  keep_message(lookup, message, response);
  lookup.message_by_stream = true;
  const bool of_use = response.verdict == Verdict::answer || response.verdict == Verdict::no_such_name ||
                      response.verdict == Verdict::no_data;
  if (!of_use) return lose_stream(question, now);
  (void)tcp.discard(question.connection, there, false, now);  // what is unread would reset the connection
  tcp.close(question.connection, now);
  question.connection = {};
  handle(lookup, question, response, now);
}

}  // namespace linnet::dns
