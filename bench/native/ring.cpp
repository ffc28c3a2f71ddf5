// The native limit: one end of a single-producer, single-consumer ring with Hermes's record (a 32-byte header, records
// aligned to 32 bytes) over a file that both processes map, the writer's and the reader's word on lines of their own. No
// groups, no recovery, no checks: what the machine gives to a program that does only this.
//
//   ring receiver|sender|pinger|echo <there> <back> <capacity> <payload> <messages> <warm-up> <batch>
//   ring memcpy <there> <back> <capacity> <payload> <copies> <warm-up> …
//
// Writes "ready", waits for a line, and ends with one line of JSON: as the measuring processes of JavaScript do.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <map>
#include <string>
#include <vector>

namespace {

constexpr uint32_t kMagic = 0x534d5248;
constexpr uint32_t kHeaderLength = 32;
constexpr uint32_t kPaddingType = 0;
constexpr uint32_t kUserType = 1;
constexpr uint64_t kPageLength = 4096;
constexpr uint32_t kPollLimit = 256;
constexpr uint8_t kFill = 0x5a;
constexpr uint64_t kComparedLength = uint64_t(1) << 27;  // as the other contestants

struct Header {
  uint32_t magic, kind;
  uint64_t sequence, timestamp;
  uint32_t length, crc;
};
static_assert(sizeof(Header) == kHeaderLength, "the header is the promised one");

struct alignas(128) Word {
  std::atomic<uint64_t> value;
};

struct Shared {
  Word head;      // the writer's
  Word position;  // the reader's
};

struct Task {
  std::string role, there, back;
  uint64_t capacity, payload, messages, warmUp, batch;
  uint64_t total() const { return warmUp + messages; }
  // The number of first messages of which every byte is compared.
  uint64_t compared() const { return std::min(warmUp, kComparedLength / payload); }
};

uint64_t nowNs() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return uint64_t(time.tv_sec) * 1000000000u + uint64_t(time.tv_nsec);
}

uint8_t* mapFile(const std::string& path, uint64_t capacity) {
  int fd = open(path.c_str(), O_RDWR | O_CLOEXEC);
  void* address = fd < 0 ? MAP_FAILED : mmap(nullptr, kPageLength + capacity, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (address == MAP_FAILED) {
    perror(path.c_str());
    exit(1);
  }
  return static_cast<uint8_t*>(address);
}

struct Ring {
  Ring(const std::string& path, uint64_t capacity_)
      : base(mapFile(path, capacity_)), shared(reinterpret_cast<Shared*>(base)), data(base + kPageLength), capacity(capacity_) {}
  uint8_t* base;
  Shared* shared;
  uint8_t* data;
  uint64_t capacity;
};

uint64_t recordLength(uint64_t length) { return (length + kHeaderLength + 31) & ~uint64_t(31); }

class Writer : Ring {
 public:
  using Ring::Ring;

  // Writes one record; visible with the next publish. False when there is no room.
  bool append(const uint8_t* payload, uint32_t length) {
    uint64_t need = recordLength(length);
    uint64_t untilEnd = capacity - (end & (capacity - 1));
    uint64_t padding = need > untilEnd ? untilEnd : 0;
    if (end + padding + need - gate > capacity) {
      gate = shared->position.value.load(std::memory_order_acquire);
      if (end + padding + need - gate > capacity) return false;
    }
    if (padding > 0) {
      fill(uint32_t(padding) - kHeaderLength, kPaddingType);
      end += padding;
    }
    uint8_t* record = fill(length, kUserType);
    memcpy(record + kHeaderLength, payload, length);
    sequence++;
    end += need;
    return true;
  }

  void publish() { shared->head.value.store(end, std::memory_order_release); }

 private:
  uint8_t* fill(uint32_t length, uint32_t type) {
    uint8_t* record = data + (end & (capacity - 1));
    *reinterpret_cast<Header*>(record) = {kMagic, 1 | type << 8, sequence, 0, length, 0};
    return record;
  }

  uint64_t end = 0, gate = 0, sequence = 0;
};

class Reader : Ring {
 public:
  using Ring::Ring;

  template <typename Handler>
  uint32_t poll(uint32_t limit, Handler handle) {
    uint64_t head = shared->head.value.load(std::memory_order_acquire);
    uint32_t count = 0;
    while (position != head && count < limit) {
      uint8_t* record = data + (position & (capacity - 1));
      const Header& header = *reinterpret_cast<Header*>(record);
      if ((header.kind >> 8 & 0xff) != kPaddingType) {
        handle(record + kHeaderLength, header.length);
        count++;
      }
      position += recordLength(header.length);
    }
    if (count > 0) shared->position.value.store(position, std::memory_order_release);
    return count;
  }

 private:
  uint64_t position = 0;
};

// The payloads that every contestant carries: number, filling, pattern.
uint32_t pattern(uint32_t number) { return number * 0x9e3779b1u ^ 0x5bd1e995u; }

void writeNumber(std::vector<uint8_t>& payload, uint32_t number) {
  uint32_t check = pattern(number);
  memcpy(payload.data(), &number, 4);
  memcpy(payload.data() + payload.size() - 4, &check, 4);
}

bool isNumbered(const uint8_t* payload, uint32_t length, uint32_t number, bool everyByte) {
  uint32_t found, check;
  memcpy(&found, payload, 4);
  memcpy(&check, payload + length - 4, 4);
  if (found != number || check != pattern(number)) return false;
  uint32_t room = length - 8;
  if (room > 0 && payload[4 + number % room] != kFill) return false;
  for (uint32_t i = 4; everyByte && i < length - 4; i++)
    if (payload[i] != kFill) return false;
  return true;
}

void awaitStart() {
  puts("ready");
  fflush(stdout);
  if (getchar() == EOF) exit(1);
}

void receive(const Task& task) {
  Reader reader(task.there, task.capacity);
  awaitStart();
  uint64_t received = 0, faults = 0, startNs = 0;
  while (received < task.total()) {
    reader.poll(kPollLimit, [&](const uint8_t* payload, uint32_t length) {
      if (length != task.payload || !isNumbered(payload, length, uint32_t(received), received < task.compared())) faults++;
      if (received == task.warmUp) startNs = nowNs();
      received++;
    });
  }
  printf("{\"elapsedNs\":%llu,\"received\":%llu,\"faults\":%llu}\n", (unsigned long long)(nowNs() - startNs),
         (unsigned long long)received, (unsigned long long)faults);
}

void send(const Task& task) {
  Writer writer(task.there, task.capacity);
  std::vector<uint8_t> payload(task.payload, kFill);
  awaitStart();
  for (uint64_t number = 0; number < task.total();) {
    uint64_t batchEnd = std::min(number + task.batch, task.total());
    for (; number < batchEnd; number++) {
      writeNumber(payload, uint32_t(number));
      while (!writer.append(payload.data(), uint32_t(payload.size()))) writer.publish();
    }
    writer.publish();
  }
  puts("{}");
}

void ping(const Task& task) {
  Writer writer(task.there, task.capacity);
  Reader reader(task.back, task.capacity);
  std::vector<uint8_t> payload(task.payload, kFill);
  std::vector<uint64_t> tripsNs(task.messages);
  awaitStart();
  uint64_t faults = 0;
  for (uint64_t number = 0; number < task.total(); number++) {
    writeNumber(payload, uint32_t(number));
    uint64_t startNs = nowNs();
    while (!writer.append(payload.data(), uint32_t(payload.size()))) {
    }
    writer.publish();
    uint64_t tripNs = 0;
    while (reader.poll(1, [&](const uint8_t* reply, uint32_t length) {
      tripNs = nowNs() - startNs;
      if (length != task.payload || !isNumbered(reply, length, uint32_t(number), number < task.compared())) faults++;
    }) == 0) {
    }
    if (number >= task.warmUp) tripsNs[number - task.warmUp] = tripNs;
  }
  std::map<uint64_t, uint64_t> counts;
  for (uint64_t tripNs : tripsNs) counts[tripNs]++;
  printf("{\"received\":%llu,\"faults\":%llu,\"histogram\":{\"minNs\":%llu,\"maxNs\":%llu,\"cells\":[",
         (unsigned long long)task.total(), (unsigned long long)faults, (unsigned long long)counts.begin()->first,
         (unsigned long long)counts.rbegin()->first);
  const char* separator = "";
  for (const auto& [ns, count] : counts) {
    printf("%s{\"lowestNs\":%llu,\"highestNs\":%llu,\"count\":%llu}", separator, (unsigned long long)ns,
           (unsigned long long)ns, (unsigned long long)count);
    separator = ",";
  }
  puts("]}}");
}

void echo(const Task& task) {
  Reader reader(task.there, task.capacity);
  Writer writer(task.back, task.capacity);
  awaitStart();
  for (uint64_t echoed = 0; echoed < task.total();) {
    echoed += reader.poll(1, [&](const uint8_t* payload, uint32_t length) {
      while (!writer.append(payload, length)) {
      }
      writer.publish();
    });
  }
  puts("{}");
}

// Copies payloads to places of the mapped file one after the other, in one thread: what a writer can do at most.
void copyMemory(const Task& task) {
  Ring ring(task.there, task.capacity);
  std::vector<uint8_t> payload(task.payload, kFill);
  awaitStart();
  uint64_t startNs = 0, offset = 0;
  for (uint64_t number = 0; number < task.total(); number++) {
    if (number == task.warmUp) startNs = nowNs();
    if (offset + task.payload > task.capacity) offset = 0;
    memcpy(ring.data + offset, payload.data(), task.payload);
    std::atomic_signal_fence(std::memory_order_seq_cst);  // every copy is made
    offset += (task.payload + 31) & ~uint64_t(31);
  }
  printf("{\"elapsedNs\":%llu,\"received\":%llu,\"faults\":0}\n", (unsigned long long)(nowNs() - startNs),
         (unsigned long long)task.total());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 9) {
    fputs("usage: ring <role> <there> <back> <capacity> <payload> <messages> <warm-up> <batch>\n", stderr);
    return 2;
  }
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // it spins, and would not notice
  auto number = [&](int index) { return strtoull(argv[index], nullptr, 10); };
  Task task{argv[1], argv[2], argv[3], number(4), number(5), number(6), number(7), number(8)};
  if (task.role == "receiver") receive(task);
  else if (task.role == "sender") send(task);
  else if (task.role == "pinger") ping(task);
  else if (task.role == "echo") echo(task);
  else if (task.role == "memcpy") copyMemory(task);
  else return 2;
  return 0;
}
