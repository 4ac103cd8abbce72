/* SPDX-License-Identifier: Apache-2.0 */
/* FreeRTOS' words. A task is a thread of the operating system; its priority and the size of its stack are not looked at. */
#pragma once

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <esp_bit_defs.h>
#include <sdkconfig.h>

typedef uint32_t TickType_t;
typedef int BaseType_t;
typedef unsigned int UBaseType_t;
typedef uint8_t StackType_t;
typedef TickType_t portTickType;
typedef BaseType_t portBASE_TYPE;
#define portCHAR char
#define portSHORT short
#define portLONG long
#define configASSERT(condition) assert(condition)

#ifndef CONFIG_FREERTOS_HZ
#define CONFIG_FREERTOS_HZ 100
#endif
#define configTICK_RATE_HZ CONFIG_FREERTOS_HZ
#define portTICK_PERIOD_MS ((TickType_t)1000 / configTICK_RATE_HZ)
#define portTICK_RATE_MS portTICK_PERIOD_MS
#define portMAX_DELAY ((TickType_t)0xffffffffUL)
#define pdMS_TO_TICKS(ms) ((TickType_t)(((uint64_t)(ms) * configTICK_RATE_HZ) / 1000))
#define pdTICKS_TO_MS(ticks) ((TickType_t)(((uint64_t)(ticks) * 1000) / configTICK_RATE_HZ))
#define configMINIMAL_STACK_SIZE 768
#define configMAX_PRIORITIES 25
#define tskIDLE_PRIORITY 0
#define tskNO_AFFINITY 0x7fffffff

#define pdFALSE 0
#define pdTRUE 1
#define pdFAIL pdFALSE
#define pdPASS pdTRUE
#define errQUEUE_EMPTY 0
#define errQUEUE_FULL 0

/* What programs keep for objects of their own: the objects are elsewhere. */
typedef struct {
  void* linnet_unused;
} linnet_static_t;
typedef linnet_static_t StaticTask_t;
typedef linnet_static_t StaticQueue_t;
typedef linnet_static_t StaticSemaphore_t;
typedef linnet_static_t StaticEventGroup_t;
typedef linnet_static_t StaticTimer_t;

#ifdef __cplusplus
extern "C" {
#endif

/* Critical sections keep tasks apart that are in one, whatever their locks are; other tasks run on. They may be nested. */
typedef struct {
  uint32_t linnet_unused;
} portMUX_TYPE;
#define portMUX_INITIALIZER_UNLOCKED \
  { 0 }
#define portMUX_INITIALIZE(mux) ((mux)->linnet_unused = 0)
#define vPortCPUInitializeMutex(mux) portMUX_INITIALIZE(mux)
#define spinlock_initialize(mux) portMUX_INITIALIZE(mux)
void linnet_enter_critical(void);
void linnet_exit_critical(void);
#define portENTER_CRITICAL(...) linnet_enter_critical()
#define portEXIT_CRITICAL(...) linnet_exit_critical()
#define portENTER_CRITICAL_ISR(...) linnet_enter_critical()
#define portEXIT_CRITICAL_ISR(...) linnet_exit_critical()
#define portENTER_CRITICAL_SAFE(...) linnet_enter_critical()
#define portEXIT_CRITICAL_SAFE(...) linnet_exit_critical()
#define taskENTER_CRITICAL(...) linnet_enter_critical()
#define taskEXIT_CRITICAL(...) linnet_exit_critical()
#define taskENTER_CRITICAL_ISR(...) linnet_enter_critical()
#define taskEXIT_CRITICAL_ISR(...) linnet_exit_critical()

/* There are no interrupts: the calls ...FromISR are those without it that do not wait, and nobody has to be woken after them. */
static inline BaseType_t linnet_from_isr(BaseType_t done, BaseType_t* woken) {
  if (woken != NULL) *woken = pdFALSE;
  return done;
}
void linnet_task_yield(void);
#define portYIELD() linnet_task_yield()
#define portYIELD_FROM_ISR(...) ((void)0)
static inline BaseType_t xPortInIsrContext(void) { return pdFALSE; }
static inline BaseType_t xPortGetCoreID(void) { return 0; }

#ifdef __cplusplus
}
#endif
