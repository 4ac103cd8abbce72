// SPDX-License-Identifier: Apache-2.0
// Whole scripts: what is said of those that fail, and what is never taken for a success.
#include "drill/drill.hpp"

#include <gtest/gtest.h>

#include <filesystem>

namespace linnet::drill {
namespace {

constexpr const char* established = R"(
    0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
   +0 setsockopt(3, SOL_SOCKET, SO_REUSEADDR, [1], 4) = 0
   +0 bind(3, ..., ...) = 0
   +0 listen(3, 1) = 0
   +0 < S 0:0(0) win 32792 <mss 1000,sackOK,nop,nop,nop,wscale 7>
   +0 > S. 0:0(0) ack 1 <...>
 +.01 < . 1:1(0) ack 1 win 257
   +0 accept(3, ..., ...) = 4
)";

class DrillTest : public ::testing::Test {
 protected:
  Report run(const std::string& text) { return drill.run_text(text, "script.pkt"); }
  Report after(const std::string& text) { return run(established + text); }
  std::string failure(const std::string& text) {
    const Report report = after(text);
    EXPECT_EQ(report.outcome, Outcome::failed) << text;
    EXPECT_EQ(report.line, report.outcome == Outcome::failed ? 10 : report.line) << report.text;
    return report.text;
  }
  std::string unsupported(const std::string& text) {
    const Report report = run(text);
    EXPECT_EQ(report.outcome, Outcome::unsupported) << report.text;
    return report.text;
  }
  Drill drill{{}, ""};
};

TEST_F(DrillTest, PassesWhatHappens) {
  const Report report = after("+0 write(4, ..., 1500) = 1500\n+0 > P. 1:1501(1500) ack 1\n+1 close(4) = 0");
  EXPECT_EQ(report.outcome, Outcome::passed) << report.text;
  EXPECT_EQ(report.time, 1010000);
}

TEST_F(DrillTest, PacketThatDoesNotCome) {
  EXPECT_EQ(failure("+.5 > . 1:1(0) ack 5"),
            "expected > . 1:1(0) ack 5 at 0.510000\n    the stack sent nothing until 300.510000");
}

TEST_F(DrillTest, PacketThatDiffers) {
  const auto sent = [&](const std::string& expected) {
    const Report report = after("+0 write(4, ..., 1000) = 1000\n" + expected);
    EXPECT_EQ(report.outcome, Outcome::failed);
    EXPECT_EQ(report.line, 11);
    return report.text.substr(report.text.rfind("    ") + 4);
  };
  EXPECT_EQ(sent("+0 > . 1:1001(1000) ack 1"), "the flags differ");
  EXPECT_EQ(sent("+0 > P. 2:1002(1000) ack 1"), "the sequence number differs: expected 2, sent 1");
  EXPECT_EQ(sent("+0 > P. 1:501(500) ack 1"), "the payload's size differs: expected 500, sent 1000");
  EXPECT_EQ(sent("+0 > P. 1:1001(1000) ack 2"), "the acknowledgment number differs: expected 2, sent 1");
  EXPECT_EQ(sent("+0 > P. 1:1001(1000) ack 1 win 1").substr(0, 31), "the window differs: expected 1,");
  EXPECT_EQ(sent("+0 > P. 1:1001(1000) ack 1 <nop,nop,sack 1:2>"),
            "the TCP options differ: expected <nop,nop,sack 1:2>, sent <>");
  EXPECT_EQ(sent("+0 > [ect0] P. 1:1001(1000) ack 1"), "the ECN field differs: expected 2, sent 0");
  EXPECT_EQ(sent("+0 > [ttl 5] P. 1:1001(1000) ack 1"), "the TTL differs: expected 5, sent 64");
}

TEST_F(DrillTest, PacketAtTheWrongTime) {
  const Report report = after("+0 write(4, ..., 10) = 10\n+.1 > P. 1:11(10) ack 1");
  EXPECT_EQ(report.text.substr(report.text.find('\n')),
            "\n    the stack sent it at 0.010000; the tolerance is 0.004000");
  EXPECT_EQ(after("+0 write(4, ..., 10) = 10\n+.003 > P. 1:11(10) ack 1").outcome, Outcome::passed);
  EXPECT_EQ(after("+0 write(4, ..., 10) = 10\n+0~+.1 > P. 1:11(10) ack 1").outcome, Outcome::passed);
  EXPECT_EQ(after("+0 write(4, ..., 10) = 10\n* > P. 1:11(10) ack 1").outcome, Outcome::passed);
  EXPECT_EQ(run(std::string("--tolerance_usecs=100000\n") + established +
                "+0 write(4, ..., 10) = 10\n+.1 > P. 1:11(10) ack 1")
                .outcome,
            Outcome::passed);
}

TEST_F(DrillTest, SegmentsMayMergeUnlessToldOtherwise) {
  const std::string rest = "+0 write(4, ..., 2500) = 2500\n+0 > P. 1:2501(2500) ack 1";
  EXPECT_EQ(after(rest).outcome, Outcome::passed);
  EXPECT_EQ(run("--strict_segments\n" + (established + rest)).outcome, Outcome::failed);
  const Report longer = after("+0 write(4, ..., 2500) = 2500\n+0 > P. 1:3001(3000) ack 1");
  EXPECT_EQ(longer.outcome, Outcome::failed);
  EXPECT_NE(longer.text.find("after 2500 bytes of it that fit"), std::string::npos) << longer.text;
}

TEST_F(DrillTest, TimestampEchoesAreComparedWhenAskedFor) {
  const std::string script =
      "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 bind(3, ..., ...) = 0\n+0 listen(3, 1) = 0\n"
      "+0 < S 0:0(0) win 9 <mss 1000,sackOK,TS val 7 ecr 0>\n";
  const std::string careless = "+0 > S. 0:0(0) ack 1 <mss 1460,sackOK,TS val 5 ecr 8>";
  EXPECT_EQ(run(script + careless).outcome, Outcome::passed);
  EXPECT_EQ(run("--strict_timestamps\n" + script + careless).outcome, Outcome::failed);
  EXPECT_EQ(run("--strict_timestamps\n" + script + "+0 > S. 0:0(0) ack 1 <mss 1460,sackOK,TS val 5 ecr 7>").outcome,
            Outcome::passed);
  EXPECT_EQ(run("--strict_timestamps\n" + script + "+0 > S. 0:0(0) ack 1 <mss 1460,sackOK,TS val ... ecr ...>").outcome,
            Outcome::passed);
}

TEST_F(DrillTest, CodeOfPython2) {
  EXPECT_EQ(after("+0 %{ print \"cwnd\", tcpi_snd_cwnd }%").outcome, Outcome::passed);
  EXPECT_EQ(after("+0 %{ assert tcpi_snd_cwnd == 1\nprint \"not reached\" }%").outcome, Outcome::failed);
}

TEST_F(DrillTest, PushIsMissedWhereLinuxAloneSetsIt) {
  const std::string write = "+0 write(4, ..., 3000) = 3000\n";
  const std::string end = "+0 > P. 1001:2001(1000) ack 1\n+0 > P. 2001:3001(1000) ack 1\n";
  EXPECT_EQ(after(write + "+0 > . 1:1001(1000) ack 1\n" + end).outcome, Outcome::passed);
  EXPECT_EQ(after(write + "+0 > P. 1:1001(1000) ack 1\n" + end).text.substr(0, 40), "expected > P. 1:1001(1000) ack 1 at 0.01");
  EXPECT_EQ(run("--strict_segments\n" + (established + write) + "+0 > . 1:1001(1000) ack 1\n" + end).line, 13);
}

TEST_F(DrillTest, PushOfTheFirstTimeMayBeMissing) {
  const std::string both =
      "+0 write(4, ..., 1000) = 1000\n+0 > P. 1:1001(1000) ack 1\n"
      "+0 write(4, ..., 1000) = 1000\n+0 > P. 1001:2001(1000) ack 1\n";
  const std::string lost = "+.01 < . 1:1(0) ack 1 win 257 <sack 1001:2001,nop,nop>\n";
  EXPECT_EQ(after(both + lost + "* > P. 1:1001(1000) ack 1\n").outcome, Outcome::passed);
  EXPECT_EQ(after(both + lost + "* > PU. 1:1001(1000) ack 1\n").outcome, Outcome::failed);
}

TEST_F(DrillTest, WhatIsNotSupportedIsFoundFirst) {
  const std::string wrong = "+0 write(4, ..., 10) = 11\n";
  const auto late = [&](const std::string& text) {
    const Report report = after(wrong + text);
    EXPECT_EQ(report.outcome, Outcome::unsupported) << report.text;
    EXPECT_EQ(report.line, 11);
    return report.text;
  };
  EXPECT_EQ(late("+0 pipe([5, 6]) = 0"), "the system call pipe");
  EXPECT_EQ(late("+0 setsockopt(4, SOL_SOCKET, SO_NONSENSE, [1], 4) = 0"), "the symbol SO_NONSENSE");
  EXPECT_EQ(late("+0 sendto(4, ..., 5, 0, {sa_family = AF_NONSENSE}, ...) = 5"), "the symbol AF_NONSENSE");
  EXPECT_EQ(late("+0 write(4, NULL, 10) = 10"), "the buffer 'NULL'");
  EXPECT_EQ(late("+0 getsockopt(4, IPPROTO_TCP, TCP_INFO, {}, [99]) = 0"), "a socket option of 99 bytes");
  EXPECT_EQ(late("+0 `ss -n | grep 8080`"), "the command 'ss -n | grep 8080'");
  EXPECT_EQ(late("+0 `sysctl -q net.ipv4.tcp_wmem=\"1 2000 3000\"`\n+0 close(4) = 0"),
            "the setting tcp_wmem while the script runs");
  EXPECT_EQ(late("+0 %{ assert tcpi_nobody_counts == 0 }%"),
            "code blocks with what this stack does not count: tcpi_nobody_counts");
  EXPECT_EQ(late("+0 %{ assert SK_MEMINFO_RCVBUF > 0 or TCPI_NOTHING }%"),
            "code blocks with what this stack does not count: SK_MEMINFO_RCVBUF, TCPI_NOTHING");
  // What a script calls so itself is its own; words in texts are no names.
  EXPECT_EQ(after("+0 %{ tcpi_mine = 1 }%\n+0 %{ assert tcpi_mine == 1, 'tcpi_nobody' }%").outcome, Outcome::passed);
  EXPECT_EQ(after("+0 %{ assert tcpi_state == TCPI_ESTABLISHED == TCP_ESTABLISHED }%").outcome, Outcome::passed);
}

TEST_F(DrillTest, CommandsAtTheEndPutSettingsBack) {
  EXPECT_EQ(after("+0 `sysctl -q net.ipv4.tcp_rmem=\"1 2000 3000\"`\n+0 `sync`").outcome, Outcome::passed);
  EXPECT_EQ(after("+0 `sysctl -q net.ipv4.tcp_rmem=\"1 2000 3000\"`\n+0 close(4) = 0").outcome, Outcome::unsupported);
  EXPECT_EQ(after("+0 `nstat | grep TcpExtTCPRcvQDrop`").outcome, Outcome::unsupported);
}

TEST_F(DrillTest, PartsOfAMessageArePassedOnOneByOne) {
  const std::string text = "{msg_name(...)=..., msg_iov(2)=[{..., 0}, {..., 10}], msg_flags=0}, 0) = ";
  EXPECT_EQ(after("+0 sendmsg(4, " + text + "10\n+0 > P. 1:11(10) ack 1").outcome, Outcome::passed);
}

TEST_F(DrillTest, ResultsOfCalls) {
  EXPECT_EQ(failure("+0 write(4, ..., 10) = 11"), "write: expected 11, got 10");
  EXPECT_EQ(failure("+0 write(4, ..., 10) = -1 EPIPE (Broken pipe)"), "write: expected -1 EPIPE, got 10");
  EXPECT_EQ(failure("+0 write(3, ..., 10) = 10"),
            "write: expected 10, got -1 ENOTCONN (Transport endpoint is not connected)");
  EXPECT_EQ(failure("+0 read(9, ..., 10) = -1 EPIPE (x)"),
            "read: expected -1 EPIPE, got -1 EBADF (Bad file number)");
  EXPECT_EQ(failure("+0 getsockopt(4, IPPROTO_TCP, TCP_NODELAY, [1], [4]) = 0"),
            "the option's value: expected 1, got 0");
  EXPECT_EQ(failure("+0 poll([{fd=4, events=POLLOUT, revents=0}], 1, 0) = 1"), "revents: expected 0, got 2");
  EXPECT_EQ(failure("+0 ioctl(4, SIOCINQ, [5]) = 0"), "ioctl's value: expected 5, got 0");
}

TEST_F(DrillTest, CallsThatWait) {
  EXPECT_EQ(failure("+0 read(4, ..., 10) = 10"),
            "read waits, and the script does not say so (with begin...end)");
  EXPECT_EQ(failure("+0...0.5 read(4, ..., 10) = 10"), "read does not return");
  EXPECT_EQ(failure("+0...0.5 read(4, ..., 10) = 10\n+.1 < P. 1:11(10) ack 1 win 257\n"),
            "read: expected to return at 0.510000, returned at 0.110000");
  EXPECT_EQ(after("+0...0.1 read(4, ..., 10) = 10\n+.1 < P. 1:11(10) ack 1 win 257\n").outcome,
            Outcome::passed);
  const Report inner = after("+0...0.5 read(4, ..., 10) = 10\n+.1 > P. 1:11(10) ack 1\n");
  EXPECT_EQ(inner.line, 11) << inner.text;
}

TEST_F(DrillTest, CodeBlocks) {
  EXPECT_EQ(after("+0 %{ a = tcpi_snd_cwnd }%\n+0 %{ assert a == 10 }%").outcome, Outcome::passed);
  EXPECT_EQ(failure("+0 %{ assert tcpi_snd_cwnd == 11 }%"),
            "the code block failed: AssertionError:  in line 1 of the block; tcpi_snd_cwnd is 10");
  EXPECT_EQ(failure("+0 %{ nonsense( }%").substr(0, 35), "the code block failed: SyntaxError:");
  EXPECT_EQ(after("+0 %{ assert tcpi_nobody_counts == 0 }%").outcome, Outcome::unsupported);
  EXPECT_EQ(after("+0 %{ assert a == 10 }%").outcome, Outcome::failed) << "scripts share no variables";
}

TEST_F(DrillTest, WhatIsNotThereIsUnsupported) {
  EXPECT_EQ(unsupported("0 pipe([3, 4]) = 0"), "the system call pipe");
  EXPECT_EQ(unsupported("0 nonsense() = 0"), "the system call nonsense");
  EXPECT_EQ(unsupported("0 socket(..., SOCK_NONSENSE, IPPROTO_TCP) = 3"), "the symbol SOCK_NONSENSE");
  EXPECT_EQ(unsupported(std::string(established) + "+0 write(4, NULL, 10) = -1 EFAULT (Bad address)"),
            "the buffer 'NULL'");
  EXPECT_EQ(unsupported("--wire_client\n0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3"),
            "the option --wire_client");
  EXPECT_EQ(unsupported("`reboot`\n0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3"), "the command 'reboot'");
}

TEST_F(DrillTest, WrongScriptsFail) {
  const auto failed = [&](const std::string& text) {
    const Report report = run(text);
    EXPECT_EQ(report.outcome, Outcome::failed);
    return report_text(report);
  };
  EXPECT_EQ(failed("0 > Q 1:1(0)"), "script.pkt:1: syntax: 'Q' is no TCP flag");
  EXPECT_EQ(failed("--nonsense=1\n0 f() = 0"), "script.pkt:1: syntax: the option --nonsense=1 is not known");
  EXPECT_EQ(failed("--mtu=5\n0 f() = 0"), "script.pkt:1: syntax: the option --mtu=5 has a wrong value");
  EXPECT_EQ(failed("1 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3"),
            "script.pkt:1: syntax: the first event must be at time 0");
  EXPECT_EQ(failed("0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n1 close(3) = 0\n.5 close(3) = 0"),
            "script.pkt:3: syntax: the time goes backwards, from 1.000000 to 0.500000");
  EXPECT_EQ(failed("0 socket(..., SOCK_STREAM) = 3"),
            "script.pkt:1: syntax: socket wants 3 arguments, not 2");
  EXPECT_EQ(drill.run_file("/nowhere.pkt").text, "cannot be read");
}

TEST_F(DrillTest, FailuresLeaveACapture) {
  const auto folder = std::filesystem::temp_directory_path() / "linnet_drill_test";
  Drill with_captures({}, folder.string());
  const Report report = with_captures.run_text(established + std::string("+0 > . 9:9(0) ack 9"), "a/b.pkt");
  EXPECT_EQ(report.capture, (folder / "a_b.pcapng").string());
  EXPECT_GT(std::filesystem::file_size(report.capture), 300u);
  std::filesystem::remove_all(folder);
  EXPECT_EQ(with_captures.run_text(established, "a/b.pkt").capture, "");
}

TEST_F(DrillTest, VerboseListsAllPackets) {
  const Report report = run(std::string("--verbose\n") + established +
                            "+0 write(4, ..., 10) = 10\n+0 < . 1:1(0) ack 9999 win 5\n+0 > . 7:7(0) ack 7");
  const std::string tail = report.text.substr(report.text.find("all packets:"));
  EXPECT_NE(tail.find("\n    0.000000 < S 0:0(0) win 32792 <mss 1000,sackOK,nop,nop,nop,wscale 7>\n"),
            std::string::npos)
      << tail;
  EXPECT_NE(tail.find("\n    0.010000 < . 1:1(0) ack 9999 win 5"), std::string::npos) << tail;
  EXPECT_NE(tail.find("// no event has seen it"), std::string::npos) << tail;
}

TEST_F(DrillTest, TheSameScriptGivesTheSameTwice) {
  const std::string text = established + std::string("+0 write(4, ..., 10) = 10\n+0 > P. 1:11(10) ack 2");
  EXPECT_EQ(after(text).text, after(text).text);
}

}  // namespace
}  // namespace linnet::drill
