// SPDX-License-Identifier: Apache-2.0
#include "sockets/errno.hpp"

#include <errno.h>
#include <gtest/gtest.h>

#include <iterator>
#include <set>

#include "sockets/test_error_texts.hpp"

namespace linnet::sockets {
namespace {

// The ESP32 text's table is Linux's: the host's own errno.h is the oracle.
TEST(Errno, constants_are_the_numbers_of_the_text) {
  EXPECT_EQ(error::interrupted, EINTR);
  EXPECT_EQ(error::no_such_device, ENODEV);
  EXPECT_EQ(error::bad_descriptor, EBADF);
  EXPECT_EQ(error::try_again, EAGAIN);
  EXPECT_EQ(error::try_again, EWOULDBLOCK);
  EXPECT_EQ(error::no_memory, ENOMEM);
  EXPECT_EQ(error::access, EACCES);
  EXPECT_EQ(error::bad_address, EFAULT);
  EXPECT_EQ(error::invalid, EINVAL);
  EXPECT_EQ(error::file_table_overflow, ENFILE);
  EXPECT_EQ(error::not_a_typewriter, ENOTTY);
  EXPECT_EQ(error::broken_pipe, EPIPE);
  EXPECT_EQ(error::out_of_domain, EDOM);
  EXPECT_EQ(error::destination_required, EDESTADDRREQ);
  EXPECT_EQ(error::message_too_long, EMSGSIZE);
  EXPECT_EQ(error::wrong_type, EPROTOTYPE);
  EXPECT_EQ(error::no_such_option, ENOPROTOOPT);
  EXPECT_EQ(error::protocol_not_supported, EPROTONOSUPPORT);
  EXPECT_EQ(error::type_not_supported, ESOCKTNOSUPPORT);
  EXPECT_EQ(error::not_supported, EOPNOTSUPP);
  EXPECT_EQ(error::family_not_supported, EAFNOSUPPORT);
  EXPECT_EQ(error::address_in_use, EADDRINUSE);
  EXPECT_EQ(error::address_not_available, EADDRNOTAVAIL);
  EXPECT_EQ(error::network_down, ENETDOWN);
  EXPECT_EQ(error::network_unreachable, ENETUNREACH);
  EXPECT_EQ(error::connection_aborted, ECONNABORTED);
  EXPECT_EQ(error::connection_reset, ECONNRESET);
  EXPECT_EQ(error::no_buffers, ENOBUFS);
  EXPECT_EQ(error::is_connected, EISCONN);
  EXPECT_EQ(error::not_connected, ENOTCONN);
  EXPECT_EQ(error::shut_down, ESHUTDOWN);
  EXPECT_EQ(error::timed_out, ETIMEDOUT);
  EXPECT_EQ(error::connection_refused, ECONNREFUSED);
  EXPECT_EQ(error::host_unreachable, EHOSTUNREACH);
  EXPECT_EQ(error::already, EALREADY);
  EXPECT_EQ(error::in_progress, EINPROGRESS);
}

TEST(Errno, table_has_all_numbers_from_1_to_124_but_41_and_58) {
  std::set<int> numbers;
  int previous = 0;
  for (const ErrorRow& row : error_table()) {
    EXPECT_GT(row.number, previous);
    previous = row.number;
    numbers.insert(row.number);
    EXPECT_EQ(error_name(row.number), row.name);
    EXPECT_EQ(error_text(row.number), row.text);
    EXPECT_EQ(row.name.front(), 'E');
    EXPECT_FALSE(row.text.empty());
  }
  EXPECT_EQ(numbers.size(), 122u);
  EXPECT_EQ(*numbers.begin(), 1);
  EXPECT_EQ(*numbers.rbegin(), 124);
  EXPECT_FALSE(numbers.contains(41));
  EXPECT_FALSE(numbers.contains(58));
}

// glibc names its errors too: an oracle that did not come from this project.
TEST(Errno, names_are_those_of_the_host) {
  for (const ErrorRow& row : error_table()) {
    const char* name = ::strerrorname_np(row.number);
    ASSERT_NE(name, nullptr) << row.number;
    EXPECT_EQ(row.name, name);
  }
}

#define LINNET_ROW(symbol, number, words) {number, #symbol, words},
constexpr ErrorRow of_the_text[] = {LINNET_ERRORS_OF_THE_TEXT(LINNET_ROW)};
#undef LINNET_ROW

TEST(Errno, ESP_1_3_36_texts_are_those_of_the_text) {
  ASSERT_EQ(error_table().size(), std::size(of_the_text));
  for (const ErrorRow& row : of_the_text) {
    EXPECT_EQ(error_name(row.number), row.name);
    EXPECT_EQ(error_text(row.number), row.text) << row.name;
  }
}

TEST(Errno, what_is_in_no_table) {
  EXPECT_EQ(error_text(0), "Success");
  EXPECT_EQ(error_text(58), "Unknown error");
  EXPECT_EQ(error_text(-1), "Unknown error");
  EXPECT_EQ(error_name(58), "");
}

}  // namespace
}  // namespace linnet::sockets
