// SPDX-License-Identifier: Apache-2.0
// A host with one service, established, of which questions are asked.
#pragma once

#include "services/mdns/test_machine.hpp"

namespace linnet::mdns::test {

inline constexpr std::string_view type_name = "_http._tcp.local";
inline constexpr std::string_view instance = "Web._http._tcp.local";

class MdnsAnswers : public MdnsMachine {
 protected:
  MdnsAnswers() {
    make_host();
    const std::array<std::string_view, 1> subtypes = {"_printer"};
    service = make_service(
        {.instance = "Web", .type = "_http._tcp", .port = 8080, .txt = txt, .subtypes = subtypes});
  }
  static constexpr std::array<std::uint8_t, 6> txt = {5, 'k', '=', 0, 0xff, '='};
  ServiceHandle service;
};

}  // namespace linnet::mdns::test
