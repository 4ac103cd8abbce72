// SPDX-License-Identifier: Apache-2.0
// What sending does to a frame, whichever the family.
#pragma once

#include "core/base/checksum.hpp"
#include "core/base/drop.hpp"
#include "core/device/frame.hpp"
#include "core/ethernet/link.hpp"
#include "core/ip/datagram.hpp"

namespace linnet::ip {

Send result_of(ethernet::Send result);
/// Of the fragment at `offset`, which was not sent: after others have gone, nobody waits for a device that is
/// busy. Another try would begin with the first one anew, and perhaps never come further.
Send result_of_fragment(Send result, std::size_t offset);
/// What a packet that could not be sent counts as; Drop::none: it was sent.
Drop drop_of(Send result);

/// Puts the transport checksum that `frame` asks for where it belongs; with `device_does_it`, only the pseudo header's
/// sum (RFC 9293 3.1). `addresses`: the sum of what the pseudo header holds beside protocol and length.
void fill_checksum(Frame& frame, Checksum addresses, std::uint8_t protocol, bool device_does_it);

/// Points `to` at the bytes [offset, offset + length) of `from`, headers and payload alike; false when they
/// are in more pieces than a frame can point at.
bool slice(const Frame& from, Frame& to, std::size_t offset, std::size_t length);

}  // namespace linnet::ip
