// SPDX-License-Identifier: Apache-2.0
// DNS records and messages as text: RFC 1035 5.1's form of the data, and dig's of a whole message.
#pragma once

#include <string>
#include <vector>

#include "services/dns/message.hpp"

namespace linnet::apps {

/// "AAAA", or "TYPE65280" (RFC 3597 5).
std::string record_type_text(std::uint16_t type);
/// The other way round, in any case of letters. Nothing when it is no type that has a name here.
std::optional<std::uint16_t> record_type_from(const std::string& text);
/// The types that have a name, between commas.
std::string record_type_names();

/// "NOERROR", "NXDOMAIN", ..., or "RCODE11".
std::string rcode_text(unsigned rcode);
/// With the root's dot at the end.
std::string full_name(const dns::Name& name);
/// The data: an address, a name, numbers and names, quoted strings; of other types, and where it is
/// malformed,
/// "\# LENGTH HEX" (RFC 3597 5).
std::string record_data_text(Bytes message, const dns::Record& record);

/// The records of the answer section that are well formed.
std::vector<dns::Record> answers_of(Bytes message);
/// Header, flags and all sections, a line each.
std::string message_text(Bytes message);

}  // namespace linnet::apps
