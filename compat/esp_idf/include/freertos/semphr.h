/* SPDX-License-Identifier: Apache-2.0 */
/* Semaphores are queues of nothing, as in FreeRTOS. */
#pragma once

#include <freertos/queue.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef QueueHandle_t SemaphoreHandle_t;
typedef SemaphoreHandle_t xSemaphoreHandle;

SemaphoreHandle_t xSemaphoreCreateCounting(UBaseType_t most, UBaseType_t first);
#define xSemaphoreCreateBinary() xSemaphoreCreateCounting(1, 0)
#define xSemaphoreCreateMutex() xSemaphoreCreateCounting(1, 1)
/* The memory is not used. */
#define xSemaphoreCreateCountingStatic(most, first, semaphore) ((void)(semaphore), xSemaphoreCreateCounting(most, first))
#define xSemaphoreCreateBinaryStatic(semaphore) ((void)(semaphore), xSemaphoreCreateBinary())
#define xSemaphoreCreateMutexStatic(semaphore) ((void)(semaphore), xSemaphoreCreateMutex())
#define xSemaphoreCreateRecursiveMutexStatic(semaphore) ((void)(semaphore), xSemaphoreCreateRecursiveMutex())
SemaphoreHandle_t xSemaphoreCreateRecursiveMutex(void);
BaseType_t xSemaphoreTakeRecursive(SemaphoreHandle_t mutex, TickType_t ticks);
BaseType_t xSemaphoreGiveRecursive(SemaphoreHandle_t mutex);
/* Its predecessor: given at first. */
#define vSemaphoreCreateBinary(semaphore) ((semaphore) = xSemaphoreCreateCounting(1, 1))
#define vSemaphoreDelete(semaphore) vQueueDelete(semaphore)
#define xSemaphoreTake(semaphore, ticks) xQueueReceive(semaphore, NULL, ticks)
#define xSemaphoreGive(semaphore) xQueueSendToBack(semaphore, NULL, 0)
#define xSemaphoreTakeFromISR(semaphore, woken) xQueueReceiveFromISR(semaphore, NULL, woken)
#define xSemaphoreGiveFromISR(semaphore, woken) xQueueSendFromISR(semaphore, NULL, woken)
#define uxSemaphoreGetCount(semaphore) uxQueueMessagesWaiting(semaphore)

#ifdef __cplusplus
}
#endif
