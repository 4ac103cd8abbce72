/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <freertos/task.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct linnet_queue* QueueHandle_t;
typedef QueueHandle_t xQueueHandle;

/* NULL: no memory. */
QueueHandle_t xQueueCreate(UBaseType_t length, UBaseType_t item_size);
void vQueueDelete(QueueHandle_t queue);
BaseType_t xQueueSendToBack(QueueHandle_t queue, const void* item, TickType_t ticks);
BaseType_t xQueueSendToFront(QueueHandle_t queue, const void* item, TickType_t ticks);
#define xQueueSend(queue, item, ticks) xQueueSendToBack(queue, item, ticks)
BaseType_t xQueueReceive(QueueHandle_t queue, void* item, TickType_t ticks);
BaseType_t xQueuePeek(QueueHandle_t queue, void* item, TickType_t ticks);
BaseType_t xQueueReset(QueueHandle_t queue);
UBaseType_t uxQueueMessagesWaiting(QueueHandle_t queue);
UBaseType_t uxQueueSpacesAvailable(QueueHandle_t queue);

#ifdef __cplusplus
}
#endif
