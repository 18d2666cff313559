import { useEffect, useState } from 'react'

/** A value that changes with each key: passed on when the typing has rested for `restMs`. */
export function useRestingValue<Value>(value: Value, restMs = 200): Value {
  const [resting, setResting] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setResting(value), restMs)
    return () => clearTimeout(timer)
  }, [value, restMs])
  return resting
}
