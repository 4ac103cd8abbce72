// SPDX-License-Identifier: Apache-2.0
// mdns_console.h.
#include <mdns_console.h>

#include <argtable3/argtable3.h>
#include <esp_console.h>
#include <mdns_today.h>

#include <cstring>
#include <deque>
#include <string>
#include <vector>

namespace {

class Command;
using Run = esp_err_t (*)(const Command&);

/// A command, its table, and what its last line had.
class Command {
 public:
  Command(const char* name, const char* help, std::vector<const char*> words, Run run)
      : name_(name), help_(help), run_(run) {
    for (const char* word : words) add(texts_.emplace_back(arg_str1(nullptr, nullptr, word, nullptr)));
  }

  Command& with_port() {
    add(port_ = arg_int1(nullptr, nullptr, "<port>", nullptr));
    return *this;
  }
  /// Of a search.
  Command& with_limits(bool several) {
    add(timeout_ = arg_int0("t", "timeout", "<ms>", "How long it waits for answers (2000)"));
    if (several) add(most_ = arg_int0("m", "max_results", "<n>", "After so many it waits no longer (20)"));
    return *this;
  }
  Command& with_instance() {
    add(instance_ = arg_str0("i", "instance", "<instance>", "Name of the service"));
    return *this;
  }
  Command& with_items() {
    add(items_ = arg_strn(nullptr, nullptr, "<key=value>", 0, 30, "Of the TXT record"));
    return *this;
  }
  void announce() {
    if (end_ == nullptr) table_.push_back(end_ = arg_end(4));
    esp_console_cmd_t command{};
    command.command = name_;
    command.help = help_;
    command.argtable = table_.data();
    command.func_w_context = [](void* self, int argc, char** argv) {
      return static_cast<Command*>(self)->called(argc, argv);
    };
    command.context = this;
    static_cast<void>(esp_console_cmd_register(&command));
  }

  const char* text(std::size_t index) const { return texts_[index]->sval[0]; }
  std::uint16_t port() const { return static_cast<std::uint16_t>(port_->ival[0]); }
  std::uint32_t timeout() const {
    return timeout_->count > 0 ? static_cast<std::uint32_t>(timeout_->ival[0]) : 2000;
  }
  std::size_t most() const { return most_->count > 0 ? static_cast<std::size_t>(most_->ival[0]) : 20; }
  const char* instance() const { return instance_->count > 0 ? instance_->sval[0] : nullptr; }
  /// Into `room`, which the items point to.
  std::vector<mdns_txt_item_t> items(std::deque<std::string>& room) const {
    std::vector<mdns_txt_item_t> items;
    for (int i = 0; i < items_->count; ++i) {
      const std::string text = items_->sval[i];
      const std::size_t equal = text.find('=');
      const std::string& key = room.emplace_back(text.substr(0, equal));
      const char* value =
          equal != std::string::npos ? room.emplace_back(text.substr(equal + 1)).c_str() : nullptr;
      items.push_back({key.c_str(), value});
    }
    return items;
  }

 private:
  void add(void* entry) { table_.push_back(entry); }
  int called(int argc, char** argv) {
    if (arg_parse(argc, argv, table_.data()) != 0) {
      arg_print_errors(stderr, end_, argv[0]);
      return 1;
    }
    if (port_ != nullptr && (port_->ival[0] < 0 || port_->ival[0] > 65535)) return ESP_ERR_INVALID_ARG;
    return run_(*this);
  }

  const char* name_;
  const char* help_;
  Run run_;
  std::vector<void*> table_;
  std::vector<arg_str_t*> texts_;
  arg_int_t* port_ = nullptr;
  arg_int_t* timeout_ = nullptr;
  arg_int_t* most_ = nullptr;
  arg_str_t* instance_ = nullptr;
  arg_str_t* items_ = nullptr;
  arg_end_t* end_ = nullptr;
};

void print(const mdns_result_t& result) {
  const char* version = result.ip_protocol == MDNS_IP_PROTOCOL_V6 ? "V6" : "V4";
  if (result.instance_name != nullptr) std::printf("%s (%s)\n", result.instance_name, version);
  if (result.hostname != nullptr) std::printf("  %s.local:%u\n", result.hostname, result.port);
  for (std::size_t i = 0; i < result.txt_count; ++i) {
    const bool value = result.txt[i].value != nullptr;
    std::printf("  %s%s%s\n", result.txt[i].key, value ? "=" : "", value ? result.txt[i].value : "");
  }
  char text[IPADDR_STRLEN_MAX];
  for (const mdns_ip_addr_t* one = result.addr; one != nullptr; one = one->next)
    std::printf("  %s\n", ipaddr_ntoa_r(&one->addr, text, sizeof text));
}

template <typename Query>
esp_err_t print_all(Query query) {
  mdns_result_t* results = nullptr;
  const esp_err_t error = query(&results);
  if (error != ESP_OK) return error;
  if (results == nullptr) std::printf("nobody answered\n");
  for (const mdns_result_t* one = results; one != nullptr; one = one->next) print(*one);
  mdns_query_results_free(results);
  return ESP_OK;
}

template <typename Address, typename Query, typename Text>
esp_err_t print_address(const Command& command, Query query, Text text) {
  Address address{};
  const esp_err_t error = query(command.text(0), command.timeout(), &address);
  if (error == ESP_ERR_NOT_FOUND) std::printf("nobody answered\n");
  if (error == ESP_OK) std::printf("%s\n", text(&address));
  return error == ESP_ERR_NOT_FOUND ? ESP_OK : error;
}

esp_err_t add_service(const Command& command) {
  std::deque<std::string> room;
  std::vector<mdns_txt_item_t> items = command.items(room);
  return mdns_service_add(command.instance(), command.text(0), command.text(1), command.port(), items.data(),
                          items.size());
}

esp_err_t set_txt(const Command& command) {
  std::deque<std::string> room;
  std::vector<mdns_txt_item_t> items = command.items(room);
  return mdns_service_txt_set(command.text(0), command.text(1), items.data(),
                              static_cast<std::uint8_t>(items.size()));
}

/// Never destroyed, as the console's own, which has their addresses.
std::deque<Command>& commands() {
  static std::deque<Command>& all = [&]() -> std::deque<Command>& {
    auto& made = *new std::deque<Command>;
    const auto add = [&](auto... words) -> Command& { return made.emplace_back(words...); };
    using Words = std::vector<const char*>;
    add(
        "mdns_init", "Begins", Words{}, +[](const Command&) { return mdns_init(); });
    add(
        "mdns_free", "Says goodbye, and forgets all", Words{}, +[](const Command&) {
          mdns_free();
          return esp_err_t{ESP_OK};
        });
    add(
        "mdns_set_hostname", "Names this host", Words{"<hostname>"},
        +[](const Command& c) { return mdns_hostname_set(c.text(0)); });
    add(
        "mdns_set_instance", "Names services that have no name", Words{"<instance>"},
        +[](const Command& c) { return mdns_instance_name_set(c.text(0)); });
    add(
        "mdns_query_a", "IPv4 address of a host", Words{"<hostname>"},
        +[](const Command& c) { return print_address<esp_ip4_addr_t>(c, mdns_query_a, ip4addr_ntoa); })
        .with_limits(false);
    add(
        "mdns_query_aaaa", "IPv6 address of a host", Words{"<hostname>"},
        +[](const Command& c) { return print_address<esp_ip6_addr_t>(c, mdns_query_aaaa, ip6addr_ntoa); })
        .with_limits(false);
    add(
        "mdns_query_ptr", "Services of a type", Words{"<service>", "<proto>"},
        +[](const Command& c) {
          return print_all([&](mdns_result_t** found) {
            return mdns_query_ptr(c.text(0), c.text(1), c.timeout(), c.most(), found);
          });
        })
        .with_limits(true);
    add(
        "mdns_query_srv", "Host and port of a service", Words{"<instance>", "<service>", "<proto>"},
        +[](const Command& c) {
          return print_all([&](mdns_result_t** found) {
            return mdns_query_srv(c.text(0), c.text(1), c.text(2), c.timeout(), found);
          });
        })
        .with_limits(false);
    add(
        "mdns_query_txt", "TXT record of a service", Words{"<instance>", "<service>", "<proto>"},
        +[](const Command& c) {
          return print_all([&](mdns_result_t** found) {
            return mdns_query_txt(c.text(0), c.text(1), c.text(2), c.timeout(), found);
          });
        })
        .with_limits(false);
    add("mdns_service_add", "Announces a service", Words{"<service>", "<proto>"}, add_service)
        .with_port()
        .with_instance()
        .with_items();
    add(
        "mdns_service_remove", "Takes a service back", Words{"<service>", "<proto>"},
        +[](const Command& c) { return mdns_service_remove(c.text(0), c.text(1)); });
    add(
        "mdns_service_remove_all", "Takes all back", Words{},
        +[](const Command&) { return mdns_service_remove_all(); });
    add(
        "mdns_service_instance_set", "Names a service", Words{"<service>", "<proto>", "<instance>"},
        +[](const Command& c) { return mdns_service_instance_name_set(c.text(0), c.text(1), c.text(2)); });
    add(
        "mdns_service_port_set", "Moves a service", Words{"<service>", "<proto>"},
        +[](const Command& c) { return mdns_service_port_set(c.text(0), c.text(1), c.port()); })
        .with_port();
    add("mdns_service_txt_set", "Replaces a TXT record", Words{"<service>", "<proto>"}, set_txt).with_items();
    add(
        "mdns_service_txt_remove", "Takes an item out", Words{"<service>", "<proto>", "<key>"},
        +[](const Command& c) { return mdns_service_txt_item_remove(c.text(0), c.text(1), c.text(2)); });
    return made;
  }();
  return all;
}

}  // namespace

extern "C" void mdns_console_register(void) {
  for (Command& command : commands()) command.announce();
}
