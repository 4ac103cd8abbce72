// SPDX-License-Identifier: Apache-2.0
// Dates of certificates (UTC) as seconds since 1970, and back.
#pragma once

#include <mbedtls/x509_crt.h>

#include <cstdint>

namespace linnet::tls {

/// Days since 1970-01-01 of a date of the Gregorian calendar: years are counted from March, so that the day
/// that comes and goes is their last.
constexpr std::int64_t days_since_1970(int year, int month, int day) {
  const std::int64_t y = month > 2 ? year : year - 1;
  const std::int64_t era = (y >= 0 ? y : y - 399) / 400;
  const std::int64_t year_of_era = y - era * 400;
  const std::int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

constexpr std::int64_t seconds_since_1970(const mbedtls_x509_time& t) {
  return days_since_1970(t.year, t.mon, t.day) * 86400 + t.hour * 3600 + t.min * 60 + t.sec;
}

inline constexpr std::uint32_t date_flags = MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE;

/// Which of date_flags hold at `now`, seconds since 1970.
inline std::uint32_t date_problem(const mbedtls_x509_crt& certificate, std::int64_t now) {
  std::uint32_t flags = 0;
  if (now < seconds_since_1970(certificate.valid_from)) flags |= MBEDTLS_X509_BADCERT_FUTURE;
  if (now > seconds_since_1970(certificate.valid_to)) flags |= MBEDTLS_X509_BADCERT_EXPIRED;
  return flags;
}

constexpr mbedtls_x509_time date_of(std::int64_t seconds) {
  std::int64_t days = seconds / 86400;
  std::int64_t rest = seconds % 86400;
  if (rest < 0) {
    rest += 86400;
    --days;
  }
  const std::int64_t shifted = days + 719468;
  const std::int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
  const std::int64_t of_era = shifted - era * 146097;
  const std::int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  const std::int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t month = (5 * of_year + 2) / 153;
  mbedtls_x509_time date{};
  date.day = static_cast<int>(of_year - (153 * month + 2) / 5 + 1);
  date.mon = static_cast<int>(month < 10 ? month + 3 : month - 9);
  date.year = static_cast<int>(year_of_era + era * 400 + (month >= 10 ? 1 : 0));
  date.hour = static_cast<int>(rest / 3600);
  date.min = static_cast<int>(rest / 60 % 60);
  date.sec = static_cast<int>(rest % 60);
  return date;
}

}  // namespace linnet::tls
