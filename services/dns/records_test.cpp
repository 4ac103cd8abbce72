// SPDX-License-Identifier: Apache-2.0
// Queries for records of any type: PTR, SRV, TXT, MX.
#include "services/dns/message.hpp"
#include "services/dns/test_resolver.hpp"

namespace linnet::dns::test {
namespace {

class DnsRecords : public DnsResolver {
 protected:
  DnsRecords() { make_resolver({.record_queries = 2}); }
  QueryHandle ask(std::string_view name, std::uint16_t record_type) {
    const auto query = resolver->query(*Name::from_text(name), record_type, link.now);
    EXPECT_TRUE(query);
    return query ? *query : QueryHandle{};
  }
  std::vector<Record> answers(QueryHandle query) {
    const Bytes message = resolver->message(query);
    std::vector<Record> all;
    if (message.size() < header_size) return all;
    std::size_t position = header_size;
    (void)Name::read(message, position);
    Records records(message, position + 4, Header(message.data()).answers());
    for (Record record; records.next(record) == Next::record;) all.push_back(record);
    return all;
  }
};

TEST_F(DnsRecords, RFC2782_service_records_as_the_server_put_them) {
  on_query = [this](const Query& query) {
    EXPECT_EQ(query.record_type, type::srv);
    Buffer data = {0, 1, 0, 2, 0x1f, 0x90};
    const Buffer target = labels("host.example");
    data.insert(data.end(), target.begin(), target.end());
    ServerMessage message(query.id, query.name, type::srv);
    send(query, message.record(labels(query.name), type::srv, 60, data).count(6));
  };
  const QueryHandle query = ask("_http._tcp.example", type::srv);
  EXPECT_EQ(error_of(query), Error::pending);
  EXPECT_TRUE(resolver->message(query).empty());
  link.run_for(Duration::milliseconds(10));
  EXPECT_EQ(error_of(query), Error::none);
  EXPECT_EQ(resolver->answerer(query), first_server);
  const std::vector<Record> all = answers(query);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(name_in(resolver->message(query), all[0], 6), Name::from_text("host.example"));
  EXPECT_EQ(name_in(resolver->message(query), all[0], 5), std::nullopt) << "it fills the data exactly";
  EXPECT_EQ(name_in(resolver->message(query), all[0], 100), std::nullopt);
  resolver->release(query);
  EXPECT_EQ(resolver->lookups(), 0u);
}

TEST_F(DnsRecords, aliases_lead_to_records_and_none_of_the_type_is_no_data) {
  on_query = [this](const Query& query) {
    ServerMessage message(query.id, query.name, query.record_type);
    message.cname(query.name, "b.example");
    if (query.record_type == type::txt) message.record(labels("b.example"), type::txt, 60, {1, 'x'}).count(6);
    send(query, message);
  };
  const QueryHandle txt = ask("a.example", type::txt);
  const QueryHandle mx = ask("a.example", type::mx);
  EXPECT_EQ(resolver->query(*Name::from_text("c.example"), type::mx, link.now).error(), Error::no_memory)
      << "Config::record_queries";
  link.run_for(Duration::milliseconds(10));
  EXPECT_EQ(error_of(txt), Error::none);
  EXPECT_EQ(error_of(mx), Error::no_data);
  EXPECT_EQ(answers(txt).size(), 2u);
  resolver->release(mx);
  const QueryHandle cname = ask("a.example", type::cname);
  link.run_for(Duration::milliseconds(10));
  EXPECT_EQ(error_of(cname), Error::none);
}

TEST_F(DnsRecords, what_the_server_said_is_kept_though_it_is_a_failure_and_never_cached) {
  on_query = [this](const Query& query) {
    send(query, ServerMessage(query.id, query.name, query.record_type).rcode(query.name == "gone" ? 3 : 5));
  };
  const QueryHandle gone = ask("gone", type::a);
  const QueryHandle refused = ask("refused", type::a);
  link.run_for(Duration::seconds(5));
  EXPECT_EQ(error_of(gone), Error::no_such_name);
  EXPECT_EQ(error_of(refused), Error::server_failure);
  EXPECT_EQ(Header(resolver->message(refused).data()).rcode(), 5);
  queries.clear();
  on_query = [this](const Query& query) { send(query, good(query)); };
  EXPECT_EQ(resolve("gone", Duration::milliseconds(10)), Error::none);
  EXPECT_EQ(queries.size(), 1u);
}

TEST_F(DnsRecords, without_a_server_there_is_no_query) {
  EXPECT_TRUE(resolver->set_server(0, {}));
  EXPECT_TRUE(resolver->set_server(1, {}));
  EXPECT_EQ(resolver->query(*Name::from_text("a"), type::mx, link.now).error(), Error::no_server);
  EXPECT_EQ(resolver->lookups(), 0u);
}

}  // namespace
}  // namespace linnet::dns::test
