#include <faiss/Index.h>
#include <faiss/utils/distances.h>
#include <napi.h>
#include <omp.h>

#include <functional>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "index.h"

// OpenBLAS' own threads; absent with other libraries.
extern "C" void openblas_set_num_threads(int) __attribute__((weak));

namespace {

constexpr double kMaxSafeInteger = 9007199254740991.0;

using Napi::CallbackInfo;



template <typename Array, typename T>
std::vector<T> to_vector(const CallbackInfo& info, size_t at, napi_typedarray_type type) {
  if (info.Length() <= at || !info[at].IsTypedArray() ||
      info[at].As<Napi::TypedArray>().TypedArrayType() != type) {
    throw Napi::TypeError::New(info.Env(), "argument " + std::to_string(at) + " has another type");
  }
  Array array = info[at].As<Array>();
  return std::vector<T>(array.Data(), array.Data() + array.ElementLength());
}

std::vector<uint32_t> to_slots(const CallbackInfo& info, size_t at) {
  return to_vector<Napi::Uint32Array, uint32_t>(info, at, napi_uint32_array);
}

/** Whole rows of finite numbers: faiss itself checks neither. */
std::vector<float> to_rows(const CallbackInfo& info, size_t at, int dimension) {
  auto rows = to_vector<Napi::Float32Array, float>(info, at, napi_float32_array);
  if (rows.size() % size_t(dimension) != 0) throw Napi::RangeError::New(info.Env(), "rows are cut off");
  return rows;
}

double to_number(const CallbackInfo& info, size_t at, double max) {
  if (info.Length() <= at || !info[at].IsNumber()) {
    throw Napi::TypeError::New(info.Env(), "argument " + std::to_string(at) + " is not a number");
  }
  double value = info[at].As<Napi::Number>().DoubleValue();
  if (!(value >= 0 && value <= max)) {
    throw Napi::RangeError::New(info.Env(), "argument " + std::to_string(at) + " is out of range");
  }
  return value;
}

template <typename Array, typename T>
Array from_vector(Napi::Env env, const std::vector<T>& values) {
  Array array = Array::New(env, values.size());
  std::copy(values.begin(), values.end(), array.Data());
  return array;
}

/** Does something on a thread of libuv's pool; what it throws rejects the promise. */
template <typename Result>
class Job : public Napi::AsyncWorker {
 public:
  using Work = std::function<Result()>;
  using Convert = std::function<Napi::Value(Napi::Env, const Result&)>;

  static Napi::Value Start(Napi::Env env, int threads, Work work, Convert convert) {
    auto* job = new Job(env, threads, std::move(work), std::move(convert));
    Napi::Value promise = job->deferred_.Promise();
    job->Queue();
    return promise;
  }

 protected:
  void Execute() override {
    try {
      // OpenMP keeps this number for each thread that starts work.
      omp_set_num_threads(threads_);
      result_ = work_();
    } catch (const std::bad_alloc&) {
      SetError("out of memory");
    } catch (const std::exception& error) {
      SetError(error.what());
    } catch (...) {
      SetError("unknown failure");
    }
  }
  // A worker thread that is being ended takes no answers any more; then these calls fail.
  void OnOK() override {
    try {
      deferred_.Resolve(convert_(Env(), result_));
    } catch (const Napi::Error&) {
    }
  }
  void OnError(const Napi::Error& error) override {
    try {
      deferred_.Reject(error.Value());
    } catch (const Napi::Error&) {
    }
  }

 private:
  Job(Napi::Env env, int threads, Work work, Convert convert)
      : Napi::AsyncWorker(env),
        deferred_(Napi::Promise::Deferred::New(env)),
        threads_(threads),
        work_(std::move(work)),
        convert_(std::move(convert)) {}

  Napi::Promise::Deferred deferred_;
  int threads_;
  Work work_;
  Convert convert_;
  Result result_{};
};

struct Nothing {};

/** `new Index(dimension, factory, metric)`; see faiss-addon.ts for the methods. */
class IndexObject : public Napi::ObjectWrap<IndexObject> {
 public:
  static constexpr napi_type_tag kTag = {0x6661636577617463, 0x6865722d66616973};

  static Napi::Function Define(Napi::Env env) {
    return DefineClass(env, "Index",
                       {
                           InstanceAccessor<&IndexObject::Lossy>("lossy"),
                           InstanceAccessor<&IndexObject::TrainingRows>("trainingRows"),
                           InstanceMethod<&IndexObject::Stop>("stop"),
                           InstanceMethod<&IndexObject::Train>("train"),
                           InstanceMethod<&IndexObject::LearnFrom>("learnFrom"),
                           InstanceMethod<&IndexObject::Add>("add"),
                           InstanceMethod<&IndexObject::Remove>("remove"),
                           InstanceMethod<&IndexObject::Search>("search"),
                           InstanceMethod<&IndexObject::Vectors>("vectors"),
                           InstanceMethod<&IndexObject::Write>("write"),
                           InstanceMethod<&IndexObject::Read>("read"),
                       });
  }

  explicit IndexObject(const CallbackInfo& info) : Napi::ObjectWrap<IndexObject>(info) {
    info.This().As<Napi::Object>().TypeTag(&kTag);
    double dimension = to_number(info, 0, 65536);
    if (dimension < 1 || info.Length() < 3 || !info[1].IsString() || !info[2].IsString()) {
      throw Napi::TypeError::New(info.Env(), "expected a dimension, a factory string and a metric");
    }
    try {
      index_ = std::make_shared<SlotIndex>(int(dimension), info[1].As<Napi::String>().Utf8Value(),
                                           info[2].As<Napi::String>().Utf8Value());
    } catch (const Napi::Error&) {
      throw;
    } catch (const std::exception& error) {
      throw Napi::Error::New(info.Env(), error.what());
    }
  }

 private:
  using Shared = std::shared_ptr<SlotIndex>;

  Napi::Value Run(const CallbackInfo& info, std::function<void(SlotIndex&)> work, int threads = 1) {
    return Job<Nothing>::Start(
        info.Env(), threads,
        [index = index_, work = std::move(work)] {
          work(*index);
          return Nothing{};
        },
        [](Napi::Env env, const Nothing&) { return env.Undefined(); });
  }

  Napi::Value Lossy(const CallbackInfo& info) { return Napi::Boolean::New(info.Env(), index_->lossy()); }
  Napi::Value TrainingRows(const CallbackInfo& info) {
    return Napi::Number::New(info.Env(), double(index_->training_rows()));
  }

  Napi::Value Stop(const CallbackInfo& info) {
    index_->stop();
    return info.Env().Undefined();
  }
  Napi::Value Train(const CallbackInfo& info) {
    auto rows = to_rows(info, 0, index_->dimension());
    int threads = int(to_number(info, 1, 1024));
    return Run(info, [rows = std::move(rows)](SlotIndex& index) { index.train(rows); }, threads);
  }
  Napi::Value LearnFrom(const CallbackInfo& info) {
    if (info.Length() < 1 || !info[0].IsObject() || !info[0].As<Napi::Object>().CheckTypeTag(&kTag)) {
      throw Napi::TypeError::New(info.Env(), "expected another index");
    }
    Shared other = Unwrap(info[0].As<Napi::Object>())->index_;
    if (other == index_) throw Napi::TypeError::New(info.Env(), "expected another index");
    return Run(info, [other](SlotIndex& index) { index.learn_from(*other); });
  }
  Napi::Value Add(const CallbackInfo& info) {
    auto rows = to_rows(info, 0, index_->dimension());
    int threads = int(to_number(info, 1, 1024));
    return Run(info, [rows = std::move(rows)](SlotIndex& index) { index.add(rows); }, threads);
  }
  Napi::Value Remove(const CallbackInfo& info) {
    return Run(info, [slots = to_slots(info, 0)](SlotIndex& index) { index.remove(slots); });
  }
  Napi::Value Search(const CallbackInfo& info) {
    auto probes = to_rows(info, 0, index_->dimension());
    auto k = size_t(to_number(info, 1, kMaxSafeInteger));
    return Job<Hits>::Start(
        info.Env(), 1, [index = index_, probes = std::move(probes), k] { return index->search(probes, k); },
        [](Napi::Env env, const Hits& hits) -> Napi::Value {
          auto object = Napi::Object::New(env);
          object.Set("counts", from_vector<Napi::Uint32Array>(env, hits.counts));
          object.Set("slots", from_vector<Napi::Uint32Array>(env, hits.slots));
          object.Set("similarities", from_vector<Napi::Float64Array>(env, hits.similarities));
          return object;
        });
  }
  Napi::Value Vectors(const CallbackInfo& info) {
    return Job<std::vector<float>>::Start(
        info.Env(), 1, [index = index_, slots = to_slots(info, 0)] { return index->vectors(slots); },
        [](Napi::Env env, const std::vector<float>& rows) -> Napi::Value {
          return from_vector<Napi::Float32Array>(env, rows);
        });
  }
  Napi::Value Write(const CallbackInfo& info) {
    int file = int(to_number(info, 0, 1e9));
    return Run(info, [file](SlotIndex& index) { index.write(file); });
  }
  Napi::Value Read(const CallbackInfo& info) {
    int file = int(to_number(info, 0, 1e9));
    auto offset = uint64_t(to_number(info, 1, kMaxSafeInteger));
    auto length = uint64_t(to_number(info, 2, kMaxSafeInteger));
    auto slots = size_t(to_number(info, 3, 4294967295.0));
    return Run(info, [=](SlotIndex& index) { index.read(file, offset, length, slots); });
  }

  Shared index_;
};

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  // OpenBLAS is far faster than the plain loops of a generic build of faiss, also for one probe
  // (13 instead of 64 ms for 100k x 512), but its threads fight with those of concurrent searches.
  if (openblas_set_num_threads) {
    openblas_set_num_threads(1);
    faiss::distance_compute_blas_threshold = 1;
  }
  install_interrupts();
  exports.Set("Index", IndexObject::Define(env));
  exports.Set("version", Napi::String::New(env, std::to_string(FAISS_VERSION_MAJOR) + "." +
                                                    std::to_string(FAISS_VERSION_MINOR) + "." +
                                                    std::to_string(FAISS_VERSION_PATCH)));
  return exports;
}

}  // namespace

NODE_API_MODULE(faiss, Init)
