/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

void register_ping(void);
void register_look(void);
