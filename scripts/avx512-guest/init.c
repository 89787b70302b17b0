// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// First process of the AVX-512 guest: runs one program, sends back what it
// writes over the parallel port, then switches the emulator off.
//
// What to run lies in /.guest as NUL-separated strings: argv, env, cwd (one
// string) and outputs (files to send back). Everything sent is framed as a kind
// byte, a 32-bit little-endian length and the payload; see scripts/run-avx512.

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PORT_DATA = 0x378, PORT_CONTROL = 0x37a, PORT_SHUTDOWN = 0x8900 };
enum { MAX_STRINGS = 1024 };

static void sendBytes(const void *bytes, size_t size) {
  const uint8_t *cursor = bytes;
  while (size--) {
    outb(*cursor++, PORT_DATA);
    outb(0x0d, PORT_CONTROL); // strobe on: the byte is taken
    outb(0x0c, PORT_CONTROL);
  }
}

static void sendFrame(char kind, const void *bytes, uint32_t size) {
  sendBytes(&kind, 1);
  sendBytes(&size, sizeof(size));
  sendBytes(bytes, size);
}

static void sendText(char kind, const char *text) {
  sendFrame(kind, text, strlen(text));
}

/// Ends the emulation. Bochs watches this port for the word.
static void shutDown(void) {
  for (const char *cursor = "Shutdown"; *cursor; ++cursor)
    outb(*cursor, PORT_SHUTDOWN);
  for (;;)
    pause();
}

static void fail(const char *what) {
  char text[512];
  snprintf(text, sizeof(text), "guest: %s: %s\n", what, strerror(errno));
  sendText('!', text);
  shutDown();
}

/// Reads /.guest/`name` and splits it into a null-terminated vector.
static char **readStrings(const char *name) {
  static char empty;
  char path[64];
  snprintf(path, sizeof(path), "/.guest/%s", name);
  FILE *file = fopen(path, "r");
  if (!file)
    fail(path);
  char **strings = calloc(MAX_STRINGS + 1, sizeof(char *));
  char *line = NULL;
  size_t capacity = 0, count = 0;
  while (count < MAX_STRINGS && getdelim(&line, &capacity, 0, file) > 0) {
    strings[count++] = line;
    line = NULL;
  }
  fclose(file);
  if (!strings[0])
    strings[0] = &empty, strings[1] = NULL;
  return strings;
}

/// Forwards both pipes until the program, and all it started, closed them.
static void forward(int out, int err) {
  static char buffer[65536];
  struct pollfd ends[2] = {{out, POLLIN, 0}, {err, POLLIN, 0}};
  int open = 2;
  while (open && poll(ends, 2, -1) > 0) {
    for (int i = 0; i < 2; ++i) {
      if (ends[i].fd < 0 || !ends[i].revents)
        continue;
      ssize_t size = read(ends[i].fd, buffer, sizeof(buffer));
      if (size > 0) {
        sendFrame(i ? 'e' : 'o', buffer, size);
      } else {
        ends[i].fd = -1;
        --open;
      }
    }
  }
}

/// Runs the program and returns its wait status.
static int runProgram(void) {
  int out[2], err[2], status = 0;
  char **arguments = readStrings("argv"), **environment = readStrings("env");
  if (pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC))
    fail("pipe");
  pid_t child = fork();
  if (child < 0)
    fail("fork");
  if (child == 0) {
    dup2(out[1], STDOUT_FILENO);
    dup2(err[1], STDERR_FILENO);
    execve(arguments[0], arguments, environment);
    dprintf(STDERR_FILENO, "guest: %s: %s\n", arguments[0], strerror(errno));
    _exit(127);
  }
  close(out[1]);
  close(err[1]);
  forward(out[0], err[0]);
  if (waitpid(child, &status, 0) != child)
    fail("wait");
  return status;
}

/// Sends the name of an output file, then its contents if it was written.
static void sendOutput(const char *path) {
  static char buffer[65536];
  int file = open(path, O_RDONLY);
  if (file < 0)
    return;
  sendText('f', path);
  ssize_t size;
  while ((size = read(file, buffer, sizeof(buffer))) > 0)
    sendFrame('d', buffer, size);
  close(file);
}

int main(void) {
  if (ioperm(PORT_DATA, 3, 1) || ioperm(PORT_SHUTDOWN, 1, 1))
    return 1; // no way to say so; the kernel panics and the host notices
  // File descriptors 0 to 2 are not open yet: the kernel has no console.
  for (int fd = -1; fd < STDERR_FILENO;)
    if ((fd = open("/dev/null", O_RDWR)) < 0)
      fail("/dev/null");
  mount("proc", "/proc", "proc", 0, NULL);
  if (chdir(readStrings("cwd")[0]))
    fail("cwd");
  sendFrame('s', "", 0); // started: what follows is the program's time
  int status = runProgram();
  for (char **path = readStrings("outputs"); *path && **path; ++path)
    sendOutput(*path);
  uint8_t code =
      WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  sendFrame('x', &code, 1);
  shutDown();
}
