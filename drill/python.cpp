// SPDX-License-Identifier: Apache-2.0
#include "drill/python.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <string_view>

#include "drill/error.hpp"

namespace linnet::drill {
namespace {

/// Requests: a line "verb fresh size-of-assignments size-of-code", then both. The verb "check" looks for names of the
/// original's that are not known, without running anything. Answers: "ok 0", "error size" or
/// "missing size", then the text. What blocks print goes to standard error, as answers have standard output.
constexpr std::string_view server = R"(
import ast, os, re, sys
answers = os.fdopen(os.dup(1), 'wb', 0)
os.dup2(2, 1)
constants = {'TCP_ESTABLISHED': 1, 'TCP_SYN_SENT': 2, 'TCP_SYN_RECV': 3, 'TCP_FIN_WAIT1': 4, 'TCP_FIN_WAIT2': 5,
             'TCP_TIME_WAIT': 6, 'TCP_CLOSE': 7, 'TCP_CLOSE_WAIT': 8, 'TCP_LAST_ACK': 9, 'TCP_LISTEN': 10,
             'TCP_CLOSING': 11, 'TCP_CA_Open': 0, 'TCP_CA_Disorder': 1, 'TCP_CA_CWR': 2, 'TCP_CA_Recovery': 3,
             'TCP_CA_Loss': 4, 'TCPI_OPT_TIMESTAMPS': 1, 'TCPI_OPT_SACK': 2, 'TCPI_OPT_WSCALE': 4, 'TCPI_OPT_ECN': 8,
             'TCPI_OPT_ECN_SEEN': 16, 'TCPI_OPT_SYN_DATA': 32, 'TCP_INFINITE_SSTHRESH': 0x7fffffff}
states = ('CLOSED', 'ESTABLISHED', 'SYN_SENT', 'SYN_RECEIVED', 'FIN_WAIT_1', 'FIN_WAIT_2', 'TIME_WAIT', 'CLOSED', 'CLOSE_WAIT',
          'LAST_ACK', 'LISTEN', 'CLOSING')
constants.update(('TCPI_' + name, number) for number, name in enumerate(states) if number > 0)
prefixes = ('tcpi_', 'TCPI_', 'SK_MEMINFO_', 'tcpcc_', 'TCP_')
names = {}
assigned = set()
def readable(code):
    try:
        ast.parse(code)
        return code
    except SyntaxError:  # Python 2, in which the oldest scripts were written
        return re.sub(r'^(\s*)print\s+(?!\()(.*)$', r'\1print(\2)', code, flags=re.M)
def uncounted(code):
    words = [node for node in ast.walk(ast.parse(readable(code))) if isinstance(node, ast.Name)]
    assigned.update(node.id for node in words if isinstance(node.ctx, ast.Store))
    return sorted({node.id for node in words if node.id.startswith(prefixes)} - set(names) - assigned)
def answer(word, text=''):
    data = text.encode()
    answers.write(b'%s %d\n' % (word.encode(), len(data)) + data)
while True:
    head = sys.stdin.buffer.readline().split()
    if not head:
        break
    fresh, first, second = (int(part) for part in head[1:])
    numbers = sys.stdin.buffer.read(first).decode()
    code = sys.stdin.buffer.read(second).decode()
    if fresh:
        names = {'__name__': '__main__', **constants}
        assigned = set()
    try:
        if head[0] == b'check':
            exec(numbers, names)
            missing = uncounted(code)
            answer('missing' if missing else 'ok', ', '.join(missing))
            continue
        exec(numbers, names)
        exec(compile(readable(code), 'code block', 'exec'), names)
        sys.stdout.flush()
        answer('ok')
    except NameError as error:
        wanted = str(error)
        answer('missing' if any("'" + prefix in wanted for prefix in prefixes) else 'error', 'NameError: ' + wanted)
    except SystemExit as error:
        answer('error' if error.code else 'ok', 'the code block left with %s' % error.code)
    except BaseException as error:
        line = error.__traceback__
        while line and line.tb_next:
            line = line.tb_next
        known = {name: value for name, value in names.items()
                 if name.startswith('tcpi_') and name in code and isinstance(value, int)}
        answer('error', '%s: %s in line %s of the block; %s' % (type(error).__name__, error,
               line.tb_lineno if line else '?', ', '.join('%s is %d' % pair for pair in known.items())))
)";

}  // namespace

Python::~Python() { stop(); }

bool Python::start() {
  std::array<int, 2> down{};
  std::array<int, 2> up{};
  if (pipe(down.data()) != 0) return false;
  if (pipe(up.data()) != 0) {
    ::close(down[0]);
    ::close(down[1]);
    return false;
  }
  signal(SIGPIPE, SIG_IGN);
  child_ = fork();
  if (child_ == 0) {
    dup2(down[0], STDIN_FILENO);
    dup2(up[1], STDOUT_FILENO);
    for (const int fd : {down[0], down[1], up[0], up[1]}) ::close(fd);
    execl("/usr/bin/python3", "python3", "-c", server.data(), static_cast<char*>(nullptr));
    execlp("python3", "python3", "-c", server.data(), static_cast<char*>(nullptr));
    _exit(127);
  }
  ::close(down[0]);
  ::close(up[1]);
  to_ = down[1];
  from_ = up[0];
  return child_ > 0;
}

void Python::stop() {
  if (to_ >= 0) ::close(to_);
  if (from_ >= 0) ::close(from_);
  to_ = from_ = -1;
  if (child_ > 0) waitpid(child_, nullptr, 0);
  child_ = -1;
}

bool Python::write(const std::string& text) {
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t written = ::write(to_, text.data() + done, text.size() - done);
    if (written <= 0) return false;
    done += static_cast<std::size_t>(written);
  }
  return true;
}

bool Python::read_bytes(std::string& text, std::size_t size) {
  text.resize(size);
  for (std::size_t done = 0; done < size;) {
    const ssize_t count = ::read(from_, text.data() + done, size - done);
    if (count <= 0) return false;
    done += static_cast<std::size_t>(count);
  }
  return true;
}

bool Python::read_line(std::string& line) {
  line.clear();
  for (char c = '\0'; ::read(from_, &c, 1) == 1;) {
    if (c == '\n') return true;
    line += c;
  }
  return false;
}

void Python::check(const std::string& code, int line) {
  try {
    ask("check", code, line, sockets::TcpInfo{});
  } catch (const Mismatch&) {
    // No Python: told when it is run.
  }
}

void Python::run(const std::string& code, int line, const std::optional<sockets::TcpInfo>& info) {
  ask("run", code, line, info);
}

void Python::ask(const char* verb, const std::string& code, int line, const std::optional<sockets::TcpInfo>& info) {
  if (child_ <= 0 && !start()) throw Unsupported(line, "code blocks: python3 cannot be started");
  const std::string numbers = info ? tcp_info_text(*info) : "";
  const std::string head = verb + std::string(fresh_ ? " 1 " : " 0 ") + std::to_string(numbers.size()) + " " +
                           std::to_string(code.size()) + "\n";
  fresh_ = false;
  std::string answer;
  std::string text;
  if (!write(head + numbers + code) || !read_line(answer)) {
    stop();
    throw Unsupported(line, "code blocks: python3 cannot be started, or ended");
  }
  const std::size_t space = answer.find(' ');
  const std::string word = answer.substr(0, space);
  if (!read_bytes(text, std::stoul(answer.substr(space + 1))))
    throw Unsupported(line, "code blocks: python3 ended");
  if (word == "missing") throw Unsupported(line, "code blocks with what this stack does not count: " + text);
  if (word != "ok") throw Mismatch(line, "the code block failed: " + text);
}

}  // namespace linnet::drill
