// SPDX-License-Identifier: Apache-2.0
#include "sockets/errno.hpp"

#include <array>

namespace linnet::sockets {

namespace {

// The text's table, which is lwIP's and Linux's. 41 is EAGAIN under its other name, 58 nobody's.
constexpr std::array table{
    ErrorRow{1, "EPERM", "Operation not permitted"},
    ErrorRow{2, "ENOENT", "No such file or directory"},
    ErrorRow{3, "ESRCH", "No such process"},
    ErrorRow{4, "EINTR", "Interrupted system call"},
    ErrorRow{5, "EIO", "I/O error"},
    ErrorRow{6, "ENXIO", "No such device or address"},
    ErrorRow{7, "E2BIG", "Arg list too long"},
    ErrorRow{8, "ENOEXEC", "Exec format error"},
    ErrorRow{9, "EBADF", "Bad file number"},
    ErrorRow{10, "ECHILD", "No child processes"},
    ErrorRow{11, "EAGAIN", "Try again"},
    ErrorRow{12, "ENOMEM", "Out of memory"},
    ErrorRow{13, "EACCES", "Permission denied"},
    ErrorRow{14, "EFAULT", "Bad address"},
    ErrorRow{15, "ENOTBLK", "Block device required"},
    ErrorRow{16, "EBUSY", "Device or resource busy"},
    ErrorRow{17, "EEXIST", "File exists"},
    ErrorRow{18, "EXDEV", "Cross-device link"},
    ErrorRow{19, "ENODEV", "No such device"},
    ErrorRow{20, "ENOTDIR", "Not a directory"},
    ErrorRow{21, "EISDIR", "Is a directory"},
    ErrorRow{22, "EINVAL", "Invalid argument"},
    ErrorRow{23, "ENFILE", "File table overflow"},
    ErrorRow{24, "EMFILE", "Too many open files"},
    ErrorRow{25, "ENOTTY", "Not a typewriter"},
    ErrorRow{26, "ETXTBSY", "Text file busy"},
    ErrorRow{27, "EFBIG", "File too large"},
    ErrorRow{28, "ENOSPC", "No space left on device"},
    ErrorRow{29, "ESPIPE", "Illegal seek"},
    ErrorRow{30, "EROFS", "Read-only file system"},
    ErrorRow{31, "EMLINK", "Too many links"},
    ErrorRow{32, "EPIPE", "Broken pipe"},
    ErrorRow{33, "EDOM", "Math argument out of domain of func"},
    ErrorRow{34, "ERANGE", "Math result not representable"},
    ErrorRow{35, "EDEADLK", "Resource deadlock would occur"},
    ErrorRow{36, "ENAMETOOLONG", "File name too long"},
    ErrorRow{37, "ENOLCK", "No record locks available"},
    ErrorRow{38, "ENOSYS", "Function not implemented"},
    ErrorRow{39, "ENOTEMPTY", "Directory not empty"},
    ErrorRow{40, "ELOOP", "Too many symbolic links encountered"},
    ErrorRow{42, "ENOMSG", "No message of desired type"},
    ErrorRow{43, "EIDRM", "Identifier removed"},
    ErrorRow{44, "ECHRNG", "Channel number out of range"},
    ErrorRow{45, "EL2NSYNC", "Level 2 not synchronized"},
    ErrorRow{46, "EL3HLT", "Level 3 halted"},
    ErrorRow{47, "EL3RST", "Level 3 reset"},
    ErrorRow{48, "ELNRNG", "Link number out of range"},
    ErrorRow{49, "EUNATCH", "Protocol driver not attached"},
    ErrorRow{50, "ENOCSI", "No CSI structure available"},
    ErrorRow{51, "EL2HLT", "Level 2 halted"},
    ErrorRow{52, "EBADE", "Invalid exchange"},
    ErrorRow{53, "EBADR", "Invalid request descriptor"},
    ErrorRow{54, "EXFULL", "Exchange full"},
    ErrorRow{55, "ENOANO", "No anode"},
    ErrorRow{56, "EBADRQC", "Invalid request code"},
    ErrorRow{57, "EBADSLT", "Invalid slot"},
    ErrorRow{59, "EBFONT", "Bad font file format"},
    ErrorRow{60, "ENOSTR", "Device not a stream"},
    ErrorRow{61, "ENODATA", "No data available"},
    ErrorRow{62, "ETIME", "Timer expired"},
    ErrorRow{63, "ENOSR", "Out of streams resources"},
    ErrorRow{64, "ENONET", "Machine is not on the network"},
    ErrorRow{65, "ENOPKG", "Package not installed"},
    ErrorRow{66, "EREMOTE", "Object is remote"},
    ErrorRow{67, "ENOLINK", "Link has been severed"},
    ErrorRow{68, "EADV", "Advertise error"},
    ErrorRow{69, "ESRMNT", "Srmount error"},
    ErrorRow{70, "ECOMM", "Communication error on send"},
    ErrorRow{71, "EPROTO", "Protocol error"},
    ErrorRow{72, "EMULTIHOP", "Multihop attempted"},
    ErrorRow{73, "EDOTDOT", "RFS specific error"},
    ErrorRow{74, "EBADMSG", "Not a data message"},
    ErrorRow{75, "EOVERFLOW", "Value too large for defined data type"},
    ErrorRow{76, "ENOTUNIQ", "Name not unique on network"},
    ErrorRow{77, "EBADFD", "File descriptor in bad state"},
    ErrorRow{78, "EREMCHG", "Remote address changed"},
    ErrorRow{79, "ELIBACC", "Can not access a needed shared library"},
    ErrorRow{80, "ELIBBAD", "Accessing a corrupted shared library"},
    ErrorRow{81, "ELIBSCN", ".lib section in a.out corrupted"},
    ErrorRow{82, "ELIBMAX", "Attempting to link in too many shared libraries"},
    ErrorRow{83, "ELIBEXEC", "Cannot exec a shared library directly"},
    ErrorRow{84, "EILSEQ", "Illegal byte sequence"},
    ErrorRow{85, "ERESTART", "Interrupted system call should be restarted"},
    ErrorRow{86, "ESTRPIPE", "Streams pipe error"},
    ErrorRow{87, "EUSERS", "Too many users"},
    ErrorRow{88, "ENOTSOCK", "Socket operation on non-socket"},
    ErrorRow{89, "EDESTADDRREQ", "Destination address required"},
    ErrorRow{90, "EMSGSIZE", "Message too long"},
    ErrorRow{91, "EPROTOTYPE", "Protocol wrong type for socket"},
    ErrorRow{92, "ENOPROTOOPT", "Protocol not available"},
    ErrorRow{93, "EPROTONOSUPPORT", "Protocol not supported"},
    ErrorRow{94, "ESOCKTNOSUPPORT", "Socket type not supported"},
    ErrorRow{95, "EOPNOTSUPP", "Operation not supported on transport endpoint"},
    ErrorRow{96, "EPFNOSUPPORT", "Protocol family not supported"},
    ErrorRow{97, "EAFNOSUPPORT", "Address family not supported by protocol"},
    ErrorRow{98, "EADDRINUSE", "Address already in use"},
    ErrorRow{99, "EADDRNOTAVAIL", "Cannot assign requested address"},
    ErrorRow{100, "ENETDOWN", "Network is down"},
    ErrorRow{101, "ENETUNREACH", "Network is unreachable"},
    ErrorRow{102, "ENETRESET", "Network dropped connection because of reset"},
    ErrorRow{103, "ECONNABORTED", "Software caused connection abort"},
    ErrorRow{104, "ECONNRESET", "Connection reset by peer"},
    ErrorRow{105, "ENOBUFS", "No buffer space available"},
    ErrorRow{106, "EISCONN", "Transport endpoint is already connected"},
    ErrorRow{107, "ENOTCONN", "Transport endpoint is not connected"},
    ErrorRow{108, "ESHUTDOWN", "Cannot send after transport endpoint shutdown"},
    ErrorRow{109, "ETOOMANYREFS", "Too many references: cannot splice"},
    ErrorRow{110, "ETIMEDOUT", "Connection timed out"},
    ErrorRow{111, "ECONNREFUSED", "Connection refused"},
    ErrorRow{112, "EHOSTDOWN", "Host is down"},
    ErrorRow{113, "EHOSTUNREACH", "No route to host"},
    ErrorRow{114, "EALREADY", "Operation already in progress"},
    ErrorRow{115, "EINPROGRESS", "Operation now in progress"},
    ErrorRow{116, "ESTALE", "Stale NFS file handle"},
    ErrorRow{117, "EUCLEAN", "Structure needs cleaning"},
    ErrorRow{118, "ENOTNAM", "Not a XENIX named type file"},
    ErrorRow{119, "ENAVAIL", "No XENIX semaphores available"},
    ErrorRow{120, "EISNAM", "Is a named type file"},
    ErrorRow{121, "EREMOTEIO", "Remote I/O error"},
    ErrorRow{122, "EDQUOT", "Quota exceeded"},
    ErrorRow{123, "ENOMEDIUM", "No medium found"},
    ErrorRow{124, "EMEDIUMTYPE", "Wrong medium type"},
};

constexpr const ErrorRow* find(int number) {
  for (const ErrorRow& row : table) {
    if (row.number == number) return &row;
  }
  return nullptr;
}

}  // namespace

std::span<const ErrorRow> error_table() { return table; }

std::string_view error_name(int number) {
  const ErrorRow* row = find(number);
  return row == nullptr ? "" : row->name;
}

std::string_view error_text(int number) {
  if (number == 0) return "Success";
  const ErrorRow* row = find(number);
  return row == nullptr ? "Unknown error" : row->text;
}

}  // namespace linnet::sockets
