/* SPDX-License-Identifier: Apache-2.0 */
/* Command lines by tables of arguments, with argtable3's names. An entry is made by one of the calls below (NULL: no memory), a
   table is an array, or a structure, of pointers to entries that ends with that of arg_end. An entry without a short and a long
   name takes words that belong to no name, in the table's order. Texts are not copied; NULL is none. An entry is one block of
   memory: free() is enough for it. Nothing here is shared, so that each thread may parse its own table. */
#pragma once

#include <stddef.h>
#include <stdio.h>
#include <time.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ARG_REX_ICASE 1
#define ARG_DSTR_SIZE 200
#define ARG_CMD_NAME_LEN 100
#define ARG_CMD_DESCRIPTION_LEN 256

enum { ARG_TERMINATOR = 0x1, ARG_HASVALUE = 0x2, ARG_HASOPTVALUE = 0x4 };

/* What arg_end's `error` has of the table as a whole; positive others are the letter of a short name that there is not. */
enum {
  ARG_ELIMIT = 1, /* more errors than there is room for */
  ARG_EMALLOC,
  ARG_ENOMATCH, /* a word that nothing takes */
  ARG_ELONGOPT, /* a long name that there is not, or that begins several */
  ARG_EMISSARG  /* a name's value is missing */
};

typedef void(arg_resetfn)(void* parent);
typedef int(arg_scanfn)(void* parent, const char* argval); /* 0: taken; argval NULL: a name without a value */
typedef int(arg_checkfn)(void* parent);
typedef void(arg_errorfn)(void* parent, FILE* fp, int error, const char* argval, const char* progname);

typedef struct arg_hdr {
  char flag;
  const char* shortopts; /* letters, each of which is its name */
  const char* longopts;  /* names between commas */
  const char* datatype;
  const char* glossary;
  int mincount;
  int maxcount;
  void* parent;
  arg_resetfn* resetfn;
  arg_scanfn* scanfn;
  arg_checkfn* checkfn;
  arg_errorfn* errorfn;
  void* priv;
} arg_hdr_t;

/* After arg_parse `count` values are there. Those that were put in before stay where there is none. */
typedef struct arg_rem {
  struct arg_hdr hdr;
} arg_rem_t;
typedef struct arg_lit {
  struct arg_hdr hdr;
  int count;
} arg_lit_t;
typedef struct arg_int {
  struct arg_hdr hdr;
  int count;
  int* ival;
} arg_int_t;
typedef struct arg_dbl {
  struct arg_hdr hdr;
  int count;
  double* dval;
} arg_dbl_t;
typedef struct arg_str {
  struct arg_hdr hdr;
  int count;
  const char** sval;
} arg_str_t;
typedef struct arg_rex {
  struct arg_hdr hdr;
  int count;
  const char** sval;
} arg_rex_t;
typedef struct arg_file {
  struct arg_hdr hdr;
  int count;
  const char** filename;
  const char** basename;
  const char** extension; /* with its dot, "" where there is none */
} arg_file_t;
typedef struct arg_date {
  struct arg_hdr hdr;
  const char* format; /* of strptime */
  int count;
  struct tm* tmval;
} arg_date_t;
typedef struct arg_end {
  struct arg_hdr hdr;
  int count;
  int* error;
  void** parent;
  const char** argval;
} arg_end_t;

/* Two calls have the names of what they make. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
/* Only for the printed texts: it takes nothing. */
struct arg_rem* arg_rem(const char* datatype, const char* glossary);
struct arg_lit* arg_litn(const char* shortopts, const char* longopts, int mincount, int maxcount, const char* glossary);
struct arg_lit* arg_lit0(const char* shortopts, const char* longopts, const char* glossary);
struct arg_lit* arg_lit1(const char* shortopts, const char* longopts, const char* glossary);
/* Decimal, 0x, 0o or 0b, with KB, MB or GB behind (1024). */
struct arg_int* arg_intn(const char* shortopts, const char* longopts, const char* datatype, int mincount, int maxcount,
                         const char* glossary);
struct arg_int* arg_int0(const char* shortopts, const char* longopts, const char* datatype, const char* glossary);
struct arg_int* arg_int1(const char* shortopts, const char* longopts, const char* datatype, const char* glossary);
struct arg_dbl* arg_dbln(const char* shortopts, const char* longopts, const char* datatype, int mincount, int maxcount,
                         const char* glossary);
struct arg_dbl* arg_dbl0(const char* shortopts, const char* longopts, const char* datatype, const char* glossary);
struct arg_dbl* arg_dbl1(const char* shortopts, const char* longopts, const char* datatype, const char* glossary);
struct arg_str* arg_strn(const char* shortopts, const char* longopts, const char* datatype, int mincount, int maxcount,
                         const char* glossary);
struct arg_str* arg_str0(const char* shortopts, const char* longopts, const char* datatype, const char* glossary);
struct arg_str* arg_str1(const char* shortopts, const char* longopts, const char* datatype, const char* glossary);
/* Words that match a whole extended regular expression of POSIX. */
struct arg_rex* arg_rexn(const char* shortopts, const char* longopts, const char* pattern, const char* datatype, int mincount,
                         int maxcount, int flags, const char* glossary);
struct arg_rex* arg_rex0(const char* shortopts, const char* longopts, const char* pattern, const char* datatype, int flags,
                         const char* glossary);
struct arg_rex* arg_rex1(const char* shortopts, const char* longopts, const char* pattern, const char* datatype, int flags,
                         const char* glossary);
struct arg_file* arg_filen(const char* shortopts, const char* longopts, const char* datatype, int mincount, int maxcount,
                           const char* glossary);
struct arg_file* arg_file0(const char* shortopts, const char* longopts, const char* datatype, const char* glossary);
struct arg_file* arg_file1(const char* shortopts, const char* longopts, const char* datatype, const char* glossary);
struct arg_date* arg_daten(const char* shortopts, const char* longopts, const char* format, const char* datatype, int mincount,
                           int maxcount, const char* glossary);
struct arg_date* arg_date0(const char* shortopts, const char* longopts, const char* format, const char* datatype,
                           const char* glossary);
struct arg_date* arg_date1(const char* shortopts, const char* longopts, const char* format, const char* datatype,
                           const char* glossary);
/* Room for so many errors. */
struct arg_end* arg_end(int maxcount);
#pragma GCC diagnostic pop

/* 1: an entry is NULL. */
int arg_nullcheck(void** argtable);
/* argv[0] is not looked at. How many errors there were: arg_end has them. */
int arg_parse(int argc, char** argv, void** argtable);
/* "-W <t>", as in a line of syntax, and so on for the whole table; `suffix` comes behind. */
void arg_print_option(FILE* fp, const char* shortopts, const char* longopts, const char* datatype, const char* suffix);
void arg_print_syntax(FILE* fp, void** argtable, const char* suffix);
/* The same with long names, too. */
void arg_print_syntaxv(FILE* fp, void** argtable, const char* suffix);
/* A line for each entry with a glossary; `format` (NULL: "  %-20s %s\n") has two texts. */
void arg_print_glossary(FILE* fp, void** argtable, const char* format);
void arg_print_glossary_gnu(FILE* fp, void** argtable);
void arg_print_errors(FILE* fp, struct arg_end* end, const char* progname);
/* Frees `count` entries and sets the pointers to NULL. */
void arg_freetable(void** argtable, size_t count);
/* The same until arg_end. */
void arg_free(void** argtable);

#ifdef __cplusplus
}
#endif
