// SPDX-License-Identifier: Apache-2.0
// esp_ping: echo requests by a task that has a raw socket.
#include <atomic>
#include <cstring>
#include <vector>

#include "compat/esp_idf/waiting.hpp"
#include "compat/lwip/calls.hpp"

#include <esp_random.h>
#include <freertos/semphr.h>
#include <freertos/task.h>
#include <ping/ping_sock.h>

using linnet::esp::Clock;

namespace {

constexpr std::size_t header_size = 8;  // of the message
constexpr std::size_t v6_header = 40;

struct Session {
  esp_ping_config_t config{};
  esp_ping_callbacks_t callbacks{};
  int socket = -1;
  TaskHandle_t task = nullptr;
  SemaphoreHandle_t begin = nullptr;
  std::atomic<bool> running{false};
  std::atomic<bool> deleted{false};
  std::uint16_t identifier = 0;
  std::uint16_t sequence = 0;
  std::uint32_t sent = 0;
  std::uint32_t answered = 0;
  std::uint32_t size = 0;
  std::uint32_t milliseconds = 0;
  std::uint32_t duration = 0;
  std::uint8_t ttl = 0;

  bool v6() const { return config.target_addr.type == IPADDR_TYPE_V6; }
};

Session& session_of(esp_ping_handle_t handle) { return *static_cast<Session*>(handle); }

bool send_request(Session& session) {
  ++session.sequence;
  ++session.sent;
  std::vector<std::uint8_t> message(header_size + session.config.data_size);
  message[0] = session.v6() ? 128 : 8;
  linnet::store16(message.data() + 4, session.identifier);
  linnet::store16(message.data() + 6, session.sequence);
  for (std::size_t i = header_size; i < message.size(); ++i) message[i] = static_cast<std::uint8_t>('A' + i);
  sockaddr_storage to{};
  socklen_t size = sizeof to;
  linnet::compat::put_endpoint({linnet::compat::address_of(session.config.target_addr), 0}, session.v6(),
                               reinterpret_cast<sockaddr*>(&to), &size);
  return lwip_sendto(session.socket, message.data(), message.size(), 0, reinterpret_cast<sockaddr*>(&to),
                     size) > 0;
}

/// Reads until the answer to the last request, or the time-out.
bool await_answer(Session& session, Clock::time_point sent_at) {
  const auto until = sent_at + std::chrono::milliseconds(session.config.timeout_ms);
  std::vector<std::uint8_t> packet(header_size + session.config.data_size + 64);
  while (Clock::now() < until) {
    const auto left = std::chrono::duration_cast<std::chrono::microseconds>(until - Clock::now()).count();
    const timeval time{left / 1000000, left > 0 ? left % 1000000 : 1};
    lwip_setsockopt(session.socket, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
    const ssize_t count = lwip_recv(session.socket, packet.data(), packet.size(), 0);
    if (count <= 0) continue;
    const std::size_t start = session.v6() ? v6_header : std::size_t{packet[0]} % 16 * 4;
    const auto size = static_cast<std::size_t>(count);
    if (size < start + header_size) continue;
    const std::uint8_t* message = packet.data() + start;
    if (message[0] != (session.v6() ? 129 : 0) || linnet::load16(message + 4) != session.identifier ||
        linnet::load16(message + 6) != session.sequence) {
      continue;
    }
    session.ttl = packet[session.v6() ? 7 : 8];
    session.size = static_cast<std::uint32_t>(size - start - header_size);
    return true;
  }
  return false;
}

void tell(Session& session, void (*callback)(esp_ping_handle_t, void*)) {
  if (callback != nullptr) callback(&session, session.callbacks.cb_args);
}

void ping_all(Session& session) {
  const auto began = Clock::now();
  while (session.running && (session.config.count == 0 || session.sent < session.config.count)) {
    const auto sent_at = Clock::now();
    const bool answered = send_request(session) && await_answer(session, sent_at);
    const auto since = [](Clock::time_point from) {
      return static_cast<std::uint32_t>(
          std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - from).count());
    };
    session.milliseconds = since(sent_at);
    session.duration = since(began);
    if (answered) ++session.answered;
    tell(session, answered ? session.callbacks.on_ping_success : session.callbacks.on_ping_timeout);
    if (session.sent == session.config.count) break;
    if (session.milliseconds < session.config.interval_ms) {
      vTaskDelay(pdMS_TO_TICKS(session.config.interval_ms - session.milliseconds));
    }
  }
  session.running = false;
  tell(session, session.callbacks.on_ping_end);
}

void ping_task(void* argument) {
  Session& session = session_of(argument);
  while (!session.deleted) {
    xSemaphoreTake(session.begin, portMAX_DELAY);
    if (!session.deleted) ping_all(session);
  }
  lwip_close(session.socket);
  vSemaphoreDelete(session.begin);
  delete &session;
}

template <typename T>
esp_err_t put(const T& value, void* data, std::uint32_t size) {
  if (size < sizeof value) return ESP_ERR_INVALID_SIZE;
  std::memcpy(data, &value, sizeof value);
  return ESP_OK;
}

}  // namespace

extern "C" {

esp_err_t esp_ping_new_session(const esp_ping_config_t* config, const esp_ping_callbacks_t* callbacks,
                               esp_ping_handle_t* handle) {
  if (config == nullptr || handle == nullptr) return ESP_ERR_INVALID_ARG;
  auto* session = new Session;
  session->config = *config;
  if (callbacks != nullptr) session->callbacks = *callbacks;
  session->identifier = static_cast<std::uint16_t>(esp_random());
  session->socket = session->v6() ? lwip_socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6)
                                  : lwip_socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
  if (session->socket < 0) {
    delete session;
    return ESP_FAIL;
  }
  if (!session->v6()) {
    lwip_setsockopt(session->socket, IPPROTO_IP, IP_TOS, &config->tos, sizeof config->tos);
    lwip_setsockopt(session->socket, IPPROTO_IP, IP_TTL, &config->ttl, sizeof config->ttl);
  }
  session->begin = xSemaphoreCreateBinary();
  *handle = session;
  if (xTaskCreate(ping_task, "ping", config->task_stack_size, session, config->task_prio, &session->task) ==
      pdPASS)
    return ESP_OK;
  lwip_close(session->socket);
  vSemaphoreDelete(session->begin);
  delete session;
  return ESP_ERR_NO_MEM;
}

esp_err_t esp_ping_delete_session(esp_ping_handle_t handle) {
  if (handle == nullptr) return ESP_ERR_INVALID_ARG;
  Session& session = session_of(handle);
  session.running = false;
  session.deleted = true;
  xSemaphoreGive(session.begin);
  return ESP_OK;
}

esp_err_t esp_ping_start(esp_ping_handle_t handle) {
  if (handle == nullptr) return ESP_ERR_INVALID_ARG;
  Session& session = session_of(handle);
  session.sent = session.answered = 0;
  session.running = true;
  xSemaphoreGive(session.begin);
  return ESP_OK;
}

esp_err_t esp_ping_stop(esp_ping_handle_t handle) {
  if (handle == nullptr) return ESP_ERR_INVALID_ARG;
  session_of(handle).running = false;
  return ESP_OK;
}

esp_err_t esp_ping_get_profile(esp_ping_handle_t handle, esp_ping_profile_t profile, void* data,
                               uint32_t size) {
  if (handle == nullptr || data == nullptr) return ESP_ERR_INVALID_ARG;
  const Session& session = session_of(handle);
  switch (profile) {
    case ESP_PING_PROF_SEQNO:
      return put(session.sequence, data, size);
    case ESP_PING_PROF_TOS:
      return put(static_cast<std::uint8_t>(session.config.tos), data, size);
    case ESP_PING_PROF_TTL:
      return put(session.ttl, data, size);
    case ESP_PING_PROF_REQUEST:
      return put(session.sent, data, size);
    case ESP_PING_PROF_REPLY:
      return put(session.answered, data, size);
    case ESP_PING_PROF_IPADDR:
      return put(session.config.target_addr, data, size);
    case ESP_PING_PROF_SIZE:
      return put(session.size, data, size);
    case ESP_PING_PROF_TIMEGAP:
      return put(session.milliseconds, data, size);
    case ESP_PING_PROF_DURATION:
      return put(session.duration, data, size);
  }
  return ESP_ERR_INVALID_ARG;
}

}  // extern "C"
