// SPDX-License-Identifier: Apache-2.0
#include "core/ip/frame_parts.hpp"

namespace linnet::ip {

Send result_of(ethernet::Send result) {
  switch (result) {
    case ethernet::Send::sent:
    case ethernet::Send::queued: return Send::sent;
    case ethernet::Send::busy: return Send::busy;
    case ethernet::Send::no_memory: return Send::no_memory;
    case ethernet::Send::unreachable: break;
  }
  return Send::unreachable;
}

Send result_of_fragment(Send result, std::size_t offset) {
  return result == Send::busy && offset > 0 ? Send::no_memory : result;
}

Drop drop_of(Send result) {
  switch (result) {
    case Send::sent: return Drop::none;
    case Send::busy: return Drop::device_busy;
    case Send::no_memory: return Drop::no_block;
    case Send::too_big: return Drop::ip_too_big;
    case Send::unreachable: return Drop::neighbour_failed;
    case Send::no_route:
    case Send::bad_source: break;
  }
  return Drop::ip_no_route;
}

void fill_checksum(Frame& frame, Checksum checksum, std::uint8_t protocol, bool device_does_it) {
  const Bytes header = frame.header();
  const std::size_t length = frame.checksum.header_from_end;
  std::uint8_t* transport = frame.header().data() + (header.size() - length);
  std::uint8_t* field = transport + frame.checksum.field;
  store16(field, 0);
  if (protocol != protocol::icmp) {  // RFC 792: ICMP has no pseudo header
    checksum.add16(protocol);
    checksum.add32(static_cast<std::uint32_t>(length + frame.payload_size()));
  }
  if (device_does_it) return store16(field, checksum.sum());
  checksum.add({transport, length});
  for (const Bytes piece : frame.payload()) checksum.add(piece);
  const std::uint16_t value = checksum.finish();
  // RFC 768: zero means that there is none; the other zero says the same sum.
  store16(field, value == 0 && protocol == protocol::udp ? 0xffff : value);
}

bool slice(const Frame& from, Frame& to, std::size_t offset, std::size_t length) {
  const Bytes header = from.header();
  const std::size_t wanted = length;
  if (offset < header.size()) {
    const std::size_t piece = header.size() - offset < length ? header.size() - offset : length;
    to.add_payload(header.subspan(offset, piece));
    length -= piece;
    offset = header.size();
  }
  from.slice_payload_into(to, offset - header.size(), length);
  return to.payload_size() == wanted;
}

}  // namespace linnet::ip
