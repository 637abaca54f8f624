-- Sends the addresses of a file in turn, each once before any a second time, and tells what came back.
local paths, at = {}, 0
for line in io.lines(os.getenv("KHANIJ_BENCH_PATHS")) do paths[#paths + 1] = line end
local tag = os.getenv("KHANIJ_BENCH_TAG")
if tag then wrk.headers["If-None-Match"] = tag end
local threads = 0
function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end
function request()
  at = at + 1
  -- Threads begin at different places.
  return wrk.format("GET", paths[(at + number * math.floor(#paths / 2)) % #paths + 1])
end
function done(summary, latency, requests)
  io.write(string.format("KHANIJ %f %d %d %f %f %f\n", summary.requests / (summary.duration / 1e6),
    summary.errors.status, summary.errors.read + summary.errors.timeout,
    latency:percentile(50) / 1000, latency:percentile(95) / 1000, summary.bytes / math.max(summary.requests, 1)))
end
