// SPDX-License-Identifier: Apache-2.0
// The program's store of authorities, its bundle, and the errors of a connection.
#include "compat/esp_tls/handle.hpp"

namespace linnet::esp_tls {
namespace {

constexpr const char* system_authorities = "/etc/ssl/certs/ca-certificates.crt";

// ESP-IDF's interface has one store for the whole program, and one bundle.
std::unique_ptr<tls::Trust> global_store;
std::unique_ptr<tls::Trust> bundle;

}  // namespace

const tls::Trust* global_authorities() { return global_store.get(); }
const tls::Trust* bundled_authorities() { return bundle.get(); }

}  // namespace linnet::esp_tls

namespace own = linnet::esp_tls;
namespace tls = linnet::tls;

extern "C" {

esp_err_t esp_tls_init_global_ca_store(void) {
  if (own::global_store == nullptr) own::global_store = std::make_unique<tls::Trust>();
  return ESP_OK;
}
esp_err_t esp_tls_set_global_ca_store(const unsigned char* pem, const unsigned int bytes) {
  if (pem == nullptr) return ESP_ERR_INVALID_ARG;
  esp_tls_free_global_ca_store();
  esp_tls_init_global_ca_store();
  return own::global_store->add({pem, bytes}) > 0 ? ESP_OK : ESP_ERR_MBEDTLS_X509_CRT_PARSE_FAILED;
}
void esp_tls_free_global_ca_store(void) { own::global_store.reset(); }
mbedtls_x509_crt* esp_tls_get_global_ca_store(void) {
  return own::global_store != nullptr ? own::global_store->chain() : nullptr;
}

esp_err_t esp_tls_get_error_handle(esp_tls_t* t, esp_tls_error_handle_t* handle) {
  if (t == nullptr || handle == nullptr) return ESP_ERR_INVALID_ARG;
  *handle = &t->error;
  return ESP_OK;
}
esp_err_t esp_tls_get_and_clear_last_error(esp_tls_error_handle_t handle, int* code, int* flags) {
  if (handle == nullptr) return ESP_ERR_INVALID_STATE;
  if (code != nullptr) *code = handle->esp_tls_error_code;
  if (flags != nullptr) *flags = handle->esp_tls_flags;
  const esp_err_t error = handle->last_error;
  *handle = {};
  return error;
}

esp_err_t esp_tls_get_and_clear_error_type(esp_tls_error_handle_t handle, esp_tls_error_type_t type,
                                           int* code) {
  if (handle == nullptr) return ESP_ERR_INVALID_STATE;
  int* part = nullptr;
  if (type == ESP_TLS_ERR_TYPE_ESP) part = &handle->last_error;
  if (type == ESP_TLS_ERR_TYPE_MBEDTLS) part = &handle->esp_tls_error_code;
  if (type == ESP_TLS_ERR_TYPE_MBEDTLS_CERT_FLAGS) part = &handle->esp_tls_flags;
  if (part == nullptr || *part == 0) return ESP_ERR_INVALID_STATE;
  if (code != nullptr) *code = *part;
  *part = 0;
  return ESP_OK;
}

esp_err_t esp_crt_bundle_attach(void*) {
  if (own::bundle != nullptr) return ESP_OK;
  auto loaded = std::make_unique<tls::Trust>();
  if (loaded->add_file(own::system_authorities) == 0) return ESP_FAIL;
  own::bundle = std::move(loaded);
  return ESP_OK;
}
void esp_crt_bundle_detach(void*) {}  // the bundle is shared by all connections
esp_err_t esp_crt_bundle_set(const uint8_t* pem, size_t bytes) {
  auto given = std::make_unique<tls::Trust>();
  if (pem == nullptr || given->add({pem, bytes}) == 0) return ESP_ERR_INVALID_ARG;
  own::bundle = std::move(given);
  return ESP_OK;
}

}  // extern "C"
