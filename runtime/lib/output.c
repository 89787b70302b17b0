// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Writes beside, then renames.

#define _GNU_SOURCE // realpath
#define _FILE_OFFSET_BITS 64

#include "deit_output.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// Unfinished files, for whoever interrupts the process: null where none is.
enum { MAX_UNFINISHED = 4 };
static _Atomic(const char *) unfinished[MAX_UNFINISHED];

static void remove_unfinished(int number) {
  for (int i = 0; i < MAX_UNFINISHED; ++i) {
    const char *path = atomic_load(&unfinished[i]);
    if (path)
      unlink(path);
  }
  signal(number, SIG_DFL);
  raise(number);
}

/// A signal that is ignored, as under nohup, stays so.
static void catch_interrupts(void) {
  static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
  for (int i = 0; i < 3; ++i)
    if (signal(numbers[i], remove_unfinished) == SIG_IGN)
      signal(numbers[i], SIG_IGN);
}

/// Has interrupts wait; returns what waited before.
static sigset_t hold_interrupts(void) {
  sigset_t interrupts, before;
  sigemptyset(&interrupts);
  sigaddset(&interrupts, SIGINT);
  sigaddset(&interrupts, SIGTERM);
  sigaddset(&interrupts, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &interrupts, &before);
  return before;
}

static void replace_unfinished(const char *before, const char *after) {
  for (int i = 0; i < MAX_UNFINISHED; ++i) {
    const char *expected = before;
    if (atomic_compare_exchange_strong(&unfinished[i], &expected, after))
      return;
  }
}

static void release(deit_output *output) {
  if (output->temporary)
    replace_unfinished(output->temporary, NULL);
  free(output->path);
  free(output->temporary);
  *output = (deit_output){0};
}

static bool fail_writing(deit_output *output, int code, deit_error *error) {
  const char *remedy =
      code == ENOSPC ? "; free some space or name another place" : "";
  deit_fail(error, "cannot write %s: %s%s", output->path, strerror(code),
            remedy);
  deit_output_abandon(output);
  return false;
}

/// A link stays a link: the file it leads to is replaced.
static char *resolve(const char *path) {
  char *resolved = realpath(path, NULL);
  return resolved ? resolved : strdup(path);
}

/// Creates a new file beside the path; never opens one that is there.
static FILE *open_beside(deit_output *output) {
  enum { ATTEMPTS = 100, SUFFIX_BYTES = 40 };
  size_t bytes = strlen(output->path) + SUFFIX_BYTES;
  int descriptor = -1;
  output->temporary = malloc(bytes);
  if (!output->temporary)
    return NULL;
  // Until the file is on the list of those that an interrupt removes.
  sigset_t before = hold_interrupts();
  for (int i = 0; i < ATTEMPTS && descriptor < 0; ++i) {
    snprintf(output->temporary, bytes, "%s.%ld-%d.tmp", output->path,
             (long)getpid(), i);
    descriptor =
        open(output->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor < 0 && errno != EEXIST)
      break;
  }
  int code = errno;
  if (descriptor >= 0) {
    replace_unfinished(NULL, output->temporary);
    catch_interrupts();
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (descriptor >= 0)
    return fdopen(descriptor, "wb");
  free(output->temporary);
  output->temporary = NULL;
  errno = code;
  return NULL;
}

bool deit_output_open(deit_output *output, const char *path,
                      deit_error *error) {
  struct stat status;
  *output = (deit_output){.path = resolve(path)};
  if (!output->path)
    return deit_fail(error, "cannot write %s: %s", path, strerror(ENOMEM));
  bool exists = stat(output->path, &status) == 0;
  if (exists && S_ISDIR(status.st_mode))
    return fail_writing(output, EISDIR, error);
  output->file = exists && !S_ISREG(status.st_mode) ? fopen(output->path, "wb")
                                                    : open_beside(output);
  return output->file || fail_writing(output, errno, error);
}

bool deit_output_write(deit_output *output, const void *data, size_t bytes,
                       deit_error *error) {
  return fwrite(data, 1, bytes, output->file) == bytes ||
         fail_writing(output, errno, error);
}

bool deit_output_commit(deit_output *output, deit_error *error) {
  errno = 0;
  bool failed = ferror(output->file) != 0;
  int code = errno;
  if (fclose(output->file) != 0) {
    failed = true;
    code = errno;
  }
  output->file = NULL;
  if (!failed && output->temporary &&
      rename(output->temporary, output->path) != 0) {
    failed = true;
    code = errno;
  }
  // An earlier error left its flag in the file, but not its number.
  if (failed)
    return fail_writing(output, code ? code : EIO, error);
  release(output);
  return true;
}

void deit_output_abandon(deit_output *output) {
  if (output->file)
    fclose(output->file);
  if (output->temporary)
    unlink(output->temporary);
  release(output);
}
