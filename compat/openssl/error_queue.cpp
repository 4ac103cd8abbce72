// SPDX-License-Identifier: Apache-2.0
#include <mbedtls/error.h>

#include <array>
#include <cstdio>
#include <cstring>

#include "compat/openssl/objects.hpp"

namespace linnet::openssl {
namespace {

struct Entry {
  unsigned long error = 0;
  const char* file = "";
  int line = 0;
};
struct Queue {
  std::array<Entry, 16> entries;
  std::size_t first = 0;
  std::size_t count = 0;
};
thread_local Queue queue;

const Entry* at(std::size_t index) {
  return index < queue.count ? &queue.entries[(queue.first + index) % queue.entries.size()] : nullptr;
}

void push(const Entry& entry) {
  if (queue.count == queue.entries.size()) {  // the oldest goes, as in OpenSSL
    queue.first = (queue.first + 1) % queue.entries.size();
    --queue.count;
  }
  queue.entries[(queue.first + queue.count++) % queue.entries.size()] = entry;
}

unsigned long tell(const Entry* entry, const char** file, int* line, const char** data, int* flags) {
  if (file != nullptr) *file = entry != nullptr ? entry->file : "";
  if (line != nullptr) *line = entry != nullptr ? entry->line : 0;
  if (data != nullptr) *data = "";
  if (flags != nullptr) *flags = 0;
  return entry != nullptr ? entry->error : 0;
}

void drop_first() {
  if (queue.count == 0) return;
  queue.first = (queue.first + 1) % queue.entries.size();
  --queue.count;
}

/// mbedTLS's numbers have up to 15 bits, and a reason has 12: the high level's part (8 bits, shifted, below a
/// bit that says so) or the low level's (7 bits).
constexpr int of_high_level = 0x100;
int reason_of(int library_error) {
  const int positive = library_error < 0 ? -library_error : library_error;
  return positive >= 0x1000 ? of_high_level | positive >> 7 : positive;
}
int library_error_of(int reason) {
  return reason < of_high_level ? -reason : -((reason & (of_high_level - 1)) << 7);
}

}  // namespace

void push_error(int lib, int library_error, const char* file, int line) {
  push({ERR_PACK(lib, 0, reason_of(library_error)), file, line});
}

}  // namespace linnet::openssl

using linnet::openssl::queue;

extern "C" {

unsigned long ERR_get_error(void) { return ERR_get_error_line_data(nullptr, nullptr, nullptr, nullptr); }
unsigned long ERR_peek_error(void) { return ERR_peek_error_line_data(nullptr, nullptr, nullptr, nullptr); }
unsigned long ERR_peek_last_error(void) {
  const auto* last = queue.count > 0 ? linnet::openssl::at(queue.count - 1) : nullptr;
  return last != nullptr ? last->error : 0;
}
unsigned long ERR_get_error_line_data(const char** file, int* line, const char** data, int* flags) {
  const unsigned long error = ERR_peek_error_line_data(file, line, data, flags);
  linnet::openssl::drop_first();
  return error;
}
unsigned long ERR_peek_error_line_data(const char** file, int* line, const char** data, int* flags) {
  return linnet::openssl::tell(linnet::openssl::at(0), file, line, data, flags);
}
void ERR_clear_error(void) { queue.count = 0; }
void ERR_put_error(int lib, int func, int reason, const char* file, int line) {
  linnet::openssl::push({ERR_PACK(lib, func, reason), file != nullptr ? file : "", line});
}
const char* ERR_reason_error_string(unsigned long error) {
  if (error == 0) return nullptr;
  if (ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE)
    return "no start line";
  if (ERR_GET_LIB(error) == ERR_LIB_SSL) {
    switch (ERR_GET_REASON(error)) {
      case SSL_R_NO_PROTOCOLS_AVAILABLE:
        return "no protocols available";
      case SSL_R_UNSUPPORTED_PROTOCOL:
        return "unsupported protocol";
      case SSL_R_UNSUPPORTED_HERE:
        return "not supported by mbedTLS";
      default:
        break;
    }
  }
  static thread_local std::array<char, 160> text;
  mbedtls_strerror(linnet::openssl::library_error_of(ERR_GET_REASON(error)), text.data(), text.size());
  return text.data();
}
void ERR_error_string_n(unsigned long error, char* buffer, size_t size) {
  const char* reason = ERR_reason_error_string(error);
  std::snprintf(buffer, size, "error:%08lX:lib(%d):func(%d):%s", error, ERR_GET_LIB(error),
                ERR_GET_FUNC(error), reason != nullptr ? reason : "none");
}
char* ERR_error_string(unsigned long error, char* buffer) {
  static thread_local std::array<char, 256> own;
  char* to = buffer != nullptr ? buffer : own.data();
  ERR_error_string_n(error, to, own.size());
  return to;
}
void ERR_print_errors_fp(FILE* to) {
  while (const unsigned long error = ERR_get_error())
    std::fprintf(to, "%s\n", ERR_error_string(error, nullptr));
}
void ERR_load_SSL_strings(void) {}
void ERR_load_crypto_strings(void) {}
void ERR_free_strings(void) {}

OPENSSL_STACK* OPENSSL_sk_new(OPENSSL_sk_compfunc) { return new stack_st; }
OPENSSL_STACK* OPENSSL_sk_new_null(void) { return new stack_st; }
void OPENSSL_sk_free(OPENSSL_STACK* stack) { delete stack; }
int OPENSSL_sk_push(OPENSSL_STACK* stack, const void* item) {
  if (stack == nullptr) return 0;
  stack->items.push_back(item);
  return static_cast<int>(stack->items.size());
}
int OPENSSL_sk_num(const OPENSSL_STACK* stack) {
  return stack != nullptr ? static_cast<int>(stack->items.size()) : -1;
}
void* OPENSSL_sk_value(const OPENSSL_STACK* stack, int index) {
  if (index < 0 || index >= OPENSSL_sk_num(stack)) return nullptr;
  return const_cast<void*>(stack->items[static_cast<std::size_t>(index)]);
}

}  // extern "C"
