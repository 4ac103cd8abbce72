// SPDX-License-Identifier: Apache-2.0
#include "services/dns/lookup.hpp"

#include <algorithm>

namespace linnet::dns {

void Lookup::add(const IpAddress& address, Duration ttl) {
  Answer& of_family = address.is_v4() ? v4.answer : v6.answer;
  of_family.add(address);
  of_family.ttl = ttl;
}

Error Lookup::outcome() const {
  constexpr std::array<Error, 6> by_weight = {Error::none,           Error::no_such_name, Error::no_server,
                                              Error::server_failure, Error::insecure,     Error::timeout};
  for (const Error one : by_weight) {
    if (v4.error == one || v6.error == one) return one;
  }
  return Error::no_data;
}

bool Lookup::is_of_use() const {
  const Error known = outcome();
  return known == Error::none || known == Error::no_such_name;
}

Answer Lookup::answer() const {
  const std::span<const IpAddress> six = v6.answer.addresses();
  const std::span<const IpAddress> four = v4.answer.addresses();
  const std::size_t kept = std::min(four.size(), Answer::capacity / 2);
  Answer all;
  for (const IpAddress& address : six.first(std::min(six.size(), Answer::capacity - kept))) all.add(address);
  for (const IpAddress& address : four) all.add(address);
  all.ttl = Duration::max();
  for (const Question* question : {&v4, &v6}) {
    if (!question->answer.empty()) all.ttl = std::min(all.ttl, question->answer.ttl);
  }
  return all;
}

}  // namespace linnet::dns
