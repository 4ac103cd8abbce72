// SPDX-License-Identifier: Apache-2.0
// `linnet nslookup NAME [SERVER]`: what a name server says about a name, in the form of the program of that
// name.
#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <algorithm>
#include <utility>

#include "apps/commands.hpp"
#include "apps/problem.hpp"
#include "apps/record_text.hpp"
#include "services/mdns/names.hpp"

namespace linnet::apps {
namespace {

namespace type = dns::type;

struct NslookupOptions {
  DeviceOptions device;
  std::string name;
  std::string server;
  std::string type;
  std::string proof;  ///< of the server's, by TLS; empty: without
  bool verbose = false;
};

/// What is asked: for an address, its reverse name.
dns::Name question_of(const std::string& text) {
  if (const auto address = IpAddress::parse(text)) return mdns::reverse_name(*address);
  for (const char c : text) {
    if (static_cast<unsigned char>(c) > 0x7e) {
      throw Problem(fmt::format("{}: write letters beyond ASCII as 'xn--...' (RFC 5891)", text));
    }
  }
  const auto name = mdns::name_from_text(text);
  if (!name) throw Problem(fmt::format("{}: {}", text, dns::error_text(dns::Error::bad_name)));
  return *name;
}

std::string record_text(Bytes message, const dns::Record& record) {
  const std::string owner(mdns::NameText(record.owner).view());
  const std::string data = record_data_text(message, record);
  switch (record.type) {
    case type::a:
    case type::aaaa:
      return fmt::format("Name: {}\nAddress: {}\n", owner, data);
    case type::cname:
      return fmt::format("{} canonical name = {}\n", owner, data);
    case type::ns:
      return fmt::format("{} nameserver = {}\n", owner, data);
    case type::ptr:
      return fmt::format("{} name = {}\n", owner, data);
    case type::mx:
      return fmt::format("{} mail exchanger = {}\n", owner, data);
    case type::srv:
      return fmt::format("{} service = {}\n", owner, data);
    case type::txt:
      return fmt::format("{} text = {}\n", owner, data);
    default:
      return fmt::format("{} {} = {}\n", owner, record_type_text(record.type), data);
  }
}

struct Printer {
  std::string name;
  bool verbose = false;
  bool server_named = false;
  bool heading = false;
  std::size_t records = 0;
  std::size_t failures = 0;
  std::vector<std::string> aliases{};  ///< shown: the second question brings them again

  void print(const NameService::Said& said) {
    if (said.message.empty()) throw Problem(fmt::format("{}: {}", name, said.why));
    const std::string server(AddressText(said.server).view());
    if (!server_named) fmt::print("Server: {0}\nAddress: {0}#{1}\n", server, said.port);
    server_named = true;
    const dns::Header header(said.message.data());
    if (verbose) {
      fmt::print("{}\n;; Query time: {} msec\n;; SERVER: {}#{} ({})\n;; MSG SIZE  rcvd: {}\n\n",
                 message_text(said.message), said.time.as_microseconds() / 1000, server, said.port,
                 said.by_tls      ? "TLS"
                 : said.by_stream ? "TCP"
                                  : "UDP",
                 said.message.size());
    }
    if (header.rcode() != 0) {
      if (failures++ == 0) fmt::print("** server can't find {}: {}\n", name, rcode_text(header.rcode()));
      return;
    }
    const std::vector<dns::Record> answers = answers_of(said.message);
    if (!answers.empty() && !header.authoritative() && !std::exchange(heading, true)) {
      fmt::print("Non-authoritative answer:\n");
    }
    for (const dns::Record& record : answers) {
      const std::string text = record_text(said.message, record);
      ++records;
      if (record.type == type::cname) {
        if (std::find(aliases.begin(), aliases.end(), text) != aliases.end()) continue;
        aliases.push_back(text);
      }
      fmt::print("{}", text);
    }
  }
  int end() const {
    if (records == 0 && failures == 0) fmt::print("*** Can't find {}: No answer\n", name);
    return records == 0 || failures != 0 ? exit_code::failure : exit_code::success;
  }
};

std::vector<std::uint16_t> types_of(const NslookupOptions& options) {
  if (!options.type.empty()) return {record_type_from(options.type).value()};
  if (IpAddress::parse(options.name)) return {type::ptr};
  return {type::a, type::aaaa};
}

/// It has what is asked for.
bool is_found(const NameService::Said& said) {
  if (said.message.size() < dns::header_size) return false;
  return dns::Header(said.message.data()).rcode() == 0 && !answers_of(said.message).empty();
}

/// Whom the command line names.
void choose_server(Machine& machine, const NslookupOptions& options) {
  if (options.server.empty()) return;
  const IpAddress server = machine.names().resolve(options.server).addresses()[0];
  if (options.proof.empty()) return machine.names().use_only({server});
  SecureServer secure{.address = server};
  (void)parse_server_proof(options.proof, secure);
  machine.use_dns_over_tls({.servers = {secure}, .authorities = options.device.dns_over_tls.authorities});
}

int look_up(Machine& machine, const NslookupOptions& options) {
  const dns::Name question = question_of(options.name);
  NameService& names = machine.names();
  choose_server(machine, options);
  const bool address = IpAddress::parse(options.name).has_value();
  const std::vector<dns::Name> all =
      address ? std::vector{question} : names.candidates(options.name, question);
  std::vector<NameService::Said> said;
  for (const dns::Name& name : all) {
    said.clear();
    for (const std::uint16_t wanted : types_of(options)) {
      said.push_back(names.query(options.name, name, wanted));
      if (said.back().message.empty()) break;
    }
    if (said.back().message.empty() || std::any_of(said.begin(), said.end(), is_found)) break;
  }
  Printer printer{.name = options.name, .verbose = options.verbose};
  for (const NameService::Said& one : said) printer.print(one);
  return printer.end();
}

}  // namespace

void add_nslookup_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("nslookup", "Ask a name server about a name, or about an address");
  auto options = std::make_shared<NslookupOptions>();
  command->add_option("NAME", options->name, "The name, or an address whose name is wanted")->required();
  command->add_option("SERVER", options->server, "Who is asked, instead of the servers that are known");
  const auto is_type = [](const std::string& text) {
    return record_type_from(text) ? std::string()
                                  : fmt::format("'{}' is none of {}", text, record_type_names());
  };
  command
      ->add_option("--type", options->type,
                   "Of which type the records are to be; without it, A and AAAA, or PTR of an address")
      ->check(is_type);
  add_checked_option(*command, "--tls", "NAME", "a host name, or sha256/PIN (base64 of the key's SHA-256)",
                     "Ask SERVER by TLS (RFC 7858), and only if it proves to be NAME",
                     [options](const std::string& text) {
                       SecureServer server;
                       options->proof = text;
                       return parse_server_proof(text, server);
                     })
      ->group("Options");
  command->add_flag("-v,--verbose", options->verbose, "Also header, sections, time and size of each answer");
  add_device_options(*command, options->device);
  command->callback([command, options, &exit_code] {
    if (!options->proof.empty() && options->server.empty()) {
      throw CLI::ValidationError("--tls", "needs SERVER, whose NAME it is");
    }
    exit_code = run_on_machine(*command, options->device,
                               [&](Machine& machine) { return look_up(machine, *options); });
  });
}

}  // namespace linnet::apps
