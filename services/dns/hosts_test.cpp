// SPDX-License-Identifier: Apache-2.0
#include "services/dns/hosts.hpp"

#include "services/dns/test_families.hpp"

namespace linnet::dns::test {
namespace {

Name name(std::string_view text) { return *Name::from_text(text); }

class DnsHosts : public DnsFamilies {
 protected:
  Hosts& hosts() { return resolver->hosts(); }
};

TEST_F(DnsHosts, static_names_of_both_families_need_no_query) {
  EXPECT_EQ(hosts().add(four(9), name("printer")), HostsError::none);
  EXPECT_EQ(hosts().add(six(9), name("Printer")), HostsError::none);
  EXPECT_EQ(resolve("printer", Duration()), Error::none);
  EXPECT_EQ(last, std::vector{four(9)});
  EXPECT_EQ(resolve("PRINTER.", Duration(), Families::both), Error::none);
  EXPECT_EQ(last, (std::vector{six(9), four(9)}));
  resolver->set_server(0, {});
  resolver->set_server(1, {});
  EXPECT_EQ(resolve("printer", Duration()), Error::none) << "no server is needed";
  EXPECT_TRUE(queries.empty());
}

TEST_F(DnsHosts, family_that_the_table_lacks_is_asked_of_servers_when_it_is_wanted_alone) {
  EXPECT_EQ(hosts().add(four(9), name("www.example")), HostsError::none);
  answer_all();
  EXPECT_EQ(resolve("www.example", Duration(), Families::both), Error::none);
  EXPECT_EQ(last, std::vector{four(9)});
  EXPECT_TRUE(queries.empty());
  EXPECT_EQ(resolve("www.example", brief, Families::v6), Error::none);
  EXPECT_EQ(last, std::vector{six(1)});
}

TEST_F(DnsHosts, RFC6761_6_3_localhost_is_this_host_whatever_the_table_says) {
  EXPECT_EQ(hosts().add(four(9), name("localhost")), HostsError::none);
  EXPECT_EQ(hosts().add_line("198.51.100.9 www.localhost"), HostsError::none);
  EXPECT_TRUE(hosts().empty());
  EXPECT_EQ(resolve("localhost", Duration()), Error::none);
  EXPECT_EQ(last, std::vector{IpAddress::loopback_v4()});
}

TEST_F(DnsHosts, lines_as_hosts_5_has_them) {
  for (const std::string_view line :
       {"# nothing", "", "  \t", "127.0.0.1\tlocalhost", "198.51.100.9 printer.lan printer\t# in the hall",
        " 2001:db8::9\tprinter.lan\r"}) {
    EXPECT_EQ(hosts().add_line(line), HostsError::none) << line;
  }
  EXPECT_EQ(hosts().size(), 3u);
  EXPECT_EQ(resolve("printer", Duration(), Families::both), Error::none);
  EXPECT_EQ(last, std::vector{four(9)});
  EXPECT_EQ(resolve("printer.lan", Duration(), Families::both), Error::none);
  EXPECT_EQ(last.size(), 2u);
  EXPECT_EQ(hosts().add_line("printer 198.51.100.9"), HostsError::bad_address);
  EXPECT_EQ(hosts().add_line("198.51.100.9"), HostsError::bad_name);
  EXPECT_EQ(hosts().add_line("198.51.100.9 # printer"), HostsError::bad_name);
  EXPECT_EQ(hosts().add_line("198.51.100.9 a..b"), HostsError::bad_name);
  EXPECT_EQ(hosts().add_line("198.51.100.9 dr\xc3\xbc"
                             "cker"),
            HostsError::bad_name);
}

TEST_F(DnsHosts, addresses_have_their_first_name) {
  EXPECT_EQ(hosts().add_line("198.51.100.9 printer.lan printer"), HostsError::none);
  EXPECT_EQ(hosts().add_line("fe80::1%2 router"), HostsError::none);
  EXPECT_EQ(hosts().add_line("fe80::9 any-zone"), HostsError::none);
  EXPECT_EQ(hosts().name_of(four(9)), name("printer.lan"));
  EXPECT_EQ(hosts().name_of(*IpAddress::parse("fe80::1%2")), name("router"));
  EXPECT_EQ(hosts().name_of(*IpAddress::parse("fe80::1%3")), std::nullopt);
  EXPECT_EQ(hosts().name_of(*IpAddress::parse("fe80::9%3")), name("any-zone"));
  EXPECT_EQ(hosts().name_of(four(8)), std::nullopt);
}

TEST_F(DnsHosts, table_has_a_fixed_size_and_takes_a_pair_once) {
  make_resolver({.hosts = 3, .hosts_size = 30});
  EXPECT_EQ(hosts().add(four(1), Name()), HostsError::bad_name);
  EXPECT_EQ(hosts().add(four(1), name("printer.lan")), HostsError::none);
  EXPECT_EQ(hosts().add(four(1), name("printer.lan")), HostsError::none);
  EXPECT_EQ(hosts().size(), 1u);
  EXPECT_EQ(hosts().add(four(2), name("printer.lan")), HostsError::none) << "its name is there";
  EXPECT_EQ(hosts().add(four(3), name("scanners.and.more")), HostsError::no_room) << "of 17 bytes";
  EXPECT_EQ(hosts().add(four(3), name("scanner")), HostsError::none);
  EXPECT_EQ(hosts().add(four(4), name("scanner")), HostsError::no_room);
  hosts().clear();
  EXPECT_TRUE(hosts().empty());
  EXPECT_EQ(hosts().add(four(3), name("scanners.and.more")), HostsError::none);
  EXPECT_EQ(resolve("scanners.and.more", Duration()), Error::none);
}

TEST_F(DnsHosts, table_changes_the_digest) {
  Digest before;
  resolver->digest(before);
  hosts().add_line("198.51.100.9 printer");
  Digest after;
  resolver->digest(after);
  EXPECT_NE(before.value(), after.value());
}

TEST_F(DnsHosts, RFC5891_4_4_letters_beyond_ascii_are_refused_by_a_name_of_their_own) {
  EXPECT_EQ(resolve("b\xc3\xbc"
                    "cher.example"),
            Error::not_ascii);
  EXPECT_NE(error_text(Error::not_ascii).find("xn--"), std::string_view::npos);
  answer_all();
  EXPECT_EQ(resolve("xn--bcher-kva.example", brief), Error::none);
  EXPECT_EQ(resolve("a b"), Error::bad_name);
}

TEST(DnsHostsError, each_has_words_of_its_own) {
  EXPECT_EQ(error_text(HostsError::none), "no error");
  EXPECT_EQ(error_text(HostsError::bad_address), "it does not begin with an address");
  EXPECT_EQ(error_text(HostsError::bad_name), "no host name behind the address");
  EXPECT_EQ(error_text(HostsError::no_room), "no room for more");
}

}  // namespace
}  // namespace linnet::dns::test
