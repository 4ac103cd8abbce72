# SPDX-License-Identifier: Apache-2.0
# All sources of the folder, as ESP-IDF 2 does by itself.
COMPONENT_EMBED_TXTFILES := page.txt   # as _binary_page_txt_start
CFLAGS += -DNOT_LOOKED_AT
