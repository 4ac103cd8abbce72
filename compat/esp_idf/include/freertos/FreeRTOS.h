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
